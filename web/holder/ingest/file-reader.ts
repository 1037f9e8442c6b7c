import type { SyncReader } from "../../../shared/ingest/remux/file-mounts.ts";

/** Size of a block that is read from the browser. ffmpeg asks for only 32 KiB at a time. */
const BLOCK_BYTES = 1024 * 1024;

/** Blocks kept in memory: files are read at a few places in turn. */
const BLOCKS_KEPT = 8;

/** Reads a picked file synchronously, which is possible only in workers (FileReaderSync). */
export function fileReader(file: Blob): SyncReader {
  const reader = new FileReaderSync();
  const kept = new Map<number, Uint8Array>();
  const block = (index: number): Uint8Array => {
    let bytes = kept.get(index);
    if (bytes === undefined) {
      const start = index * BLOCK_BYTES;
      bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(start, start + BLOCK_BYTES)));
    }
    // Moves the block to the end: the least recently used one is dropped first.
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
