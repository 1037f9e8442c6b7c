import type { SyncReader } from "../../../shared/ingest/remux/file-mounts.ts";

/** ffmpeg asks for 32 KiB at a time; the browser is asked for larger blocks. */
const BLOCK_BYTES = 1024 * 1024;

/** Interleaved files are read at a few places in turn. */
const BLOCKS_KEPT = 8;

/** Reads a picked file synchronously, as only workers can (FileReaderSync). */
export function fileReader(file: Blob): SyncReader {
  const reader = new FileReaderSync();
  const kept = new Map<number, Uint8Array>();
  const block = (index: number): Uint8Array => {
    let bytes = kept.get(index);
    if (bytes === undefined) {
      const start = index * BLOCK_BYTES;
      bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(start, start + BLOCK_BYTES)));
    }
    // The one used last is the last to go.
    kept.delete(index);
    kept.set(index, bytes);
    const [oldest] = kept.keys();
    if (kept.size > BLOCKS_KEPT && oldest !== undefined) kept.delete(oldest);
    return bytes;
  };
  return {
    sizeBytes: file.size,
    read(target, position) {
      let done = 0;
      while (done < target.length && position + done < file.size) {
        const at = position + done;
        const offset = at % BLOCK_BYTES;
        const bytes = block(Math.floor(at / BLOCK_BYTES));
        const part = bytes.subarray(offset, offset + target.length - done);
        if (part.length === 0) break;
        target.set(part, done);
        done += part.length;
      }
      return done;
    },
  };
}
