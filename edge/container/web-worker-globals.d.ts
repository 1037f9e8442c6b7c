/** Of web/ingest's remux worker, which the container never starts: it hands in a remuxer of its own. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
