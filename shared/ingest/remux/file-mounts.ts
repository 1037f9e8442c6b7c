import type { FfmpegCore } from "../../ffmpeg-core.ts";

/** Bytes of the picked file, read where and when ffmpeg asks for them. */
export interface SyncReader {
  sizeBytes: number;
  /** Fills `target` from `position` on; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number;
}

/**
 * Mounts a file whose bytes come from a reader; nothing is copied into the file system. Like WORKERFS, but for any
 * kind of reader.
 */
export function mountReader(core: FfmpegCore, path: string, reader: SyncReader): void {
  core.FS.writeFile(path, new Uint8Array(0));
  const { node } = core.FS.lookupPath(path);
  node.stream_ops = {
    llseek: (stream, offset, whence) =>
      offset + (whence === 1 ? stream.position : whence === 2 ? reader.sizeBytes : 0),
    read: (_stream, memory, at, length, position) => {
      const wanted = Math.min(length, Math.max(0, reader.sizeBytes - position));
      return reader.read(new Uint8Array(memory.buffer, at, wanted), position);
    },
  };
  // What fstat reports.
  Object.defineProperty(node, "usedBytes", { get: () => reader.sizeBytes, set: () => {} });
}

/** Takes the bytes that ffmpeg writes, at any positions in any order. */
export interface SyncWriter {
  readonly sizeBytes: number;
  /** `bytes` are only valid during the call. */
  write(bytes: Uint8Array, position: number): void;
}

/** Mounts a file whose bytes go to a writer and never stay in wasm's memory. */
export function mountWriter(core: FfmpegCore, path: string, writer: SyncWriter): void {
  core.FS.writeFile(path, new Uint8Array(0));
  const { node } = core.FS.lookupPath(path);
  node.stream_ops = {
    llseek: (stream, offset, whence) =>
      offset + (whence === 1 ? stream.position : whence === 2 ? writer.sizeBytes : 0),
    write: (_stream, memory, at, length, position) => {
      writer.write(new Uint8Array(memory.buffer, memory.byteOffset + at, length), position);
      return length;
    },
  };
  Object.defineProperty(node, "usedBytes", { get: () => writer.sizeBytes, set: () => {} });
}
