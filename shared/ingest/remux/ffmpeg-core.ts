import { TributaryError } from "../../job/errors.ts";

/** What is needed to start ffmpeg.wasm; the same pair that transcode workers get. */
export interface FfmpegSource {
  /** @ffmpeg/core, compiled. */
  module: WebAssembly.Module;
  /** Its ES module. */
  scriptUrl: string;
}

/** A file of Emscripten's file system, as far as we put our own reads and writes under it. */
interface FileNode {
  stream_ops: {
    llseek(stream: { position: number }, offset: number, whence: number): number;
    read?(stream: unknown, memory: Int8Array, at: number, length: number, position: number): number;
    write?(
      stream: unknown,
      memory: Int8Array,
      at: number,
      length: number,
      position: number,
    ): number;
  };
}

/** The part of @ffmpeg/core's interface that remuxing uses. Calls block the thread. */
export interface FfmpegCore {
  FS: {
    writeFile(path: string, bytes: Uint8Array): void;
    readFile(path: string): Uint8Array;
    analyzePath(path: string): { exists: boolean };
    lookupPath(path: string): { node: FileNode };
  };
  /** Exit status. */
  exec(...args: string[]): number;
  /** Returns -1 whatever happens. */
  ffprobe(...args: string[]): number;
  setLogger(logger: (entry: { message: string }) => void): void;
}

type CreateCore = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ): Record<string, never>;
}) => Promise<FfmpegCore>;

/** @throws TributaryError ENGINE_UNAVAILABLE */
export async function startCore({ module, scriptUrl }: FfmpegSource): Promise<FfmpegCore> {
  try {
    const script = (await import(/* @vite-ignore */ scriptUrl)) as { default: CreateCore };
    return await new Promise<FfmpegCore>((resolve, reject) => {
      script
        .default({
          instantiateWasm(imports, receive) {
            WebAssembly.instantiate(module, imports).then(receive).catch(reject);
            return {};
          },
        })
        .then(resolve, reject);
    });
  } catch (cause) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "ffmpeg could not be started.", { cause });
  }
}

/** Bytes of the picked file, read where and when ffmpeg asks for them. */
export interface SyncReader {
  sizeBytes: number;
  /** Fills `target` from `position` on; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number;
}

/**
 * A file whose bytes come from a reader: nothing of it is copied into the file system. What WORKERFS
 * does, for any kind of reader.
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

/** Takes what ffmpeg writes, in any order. */
export interface SyncWriter {
  readonly sizeBytes: number;
  /** `bytes` are only valid during the call. */
  write(bytes: Uint8Array, position: number): void;
}

/** A file whose bytes go to a writer and never stay in wasm's memory. */
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
