import type { FFmpegCoreModule, FS } from "@ffmpeg/types";
import { scriptNotLoaded, TributaryError } from "./job/errors.ts";

/** What an ffmpeg.wasm instance is made of. Compiled once per tab or process and shared by all instances. */
export interface FfmpegSource {
  /** @ffmpeg/core, compiled; structured clones share the code. */
  module: WebAssembly.Module;
  /** Address of its ES module. */
  scriptUrl: string;
}

/** An instance of @ffmpeg/core. `exec` returns the exit status, `ffprobe` always returns -1; both block. */
export interface FfmpegCore extends Omit<FFmpegCoreModule, "FS"> {
  FS: CoreFiles;
}

/** Emscripten's file system, with what the package's types leave out. */
interface CoreFiles extends Omit<FS, "writeFile" | "readFile" | "filesystems"> {
  /** @param options canOwn: the file system takes the bytes over instead of copying them */
  writeFile(path: string, bytes: Uint8Array, options?: { canOwn: boolean }): void;
  readFile(path: string): Uint8Array;
  analyzePath(path: string): { exists: boolean };
  lookupPath(path: string): { node: FileNode };
  filesystems: { WORKERFS: WorkerFiles };
}

/** A file of Emscripten's file system, with the operations that we replace by our own. */
export interface FileNode {
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

/** Emscripten's file system for mounted Files and Blobs; only these operations read them. */
interface WorkerFiles {
  stream_ops: {
    read(
      stream: { node: { contents: Blob } },
      memory: Int8Array,
      at: number,
      length: number,
      position: number,
    ): number;
  };
}

type CreateCore = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ): Record<string, never>;
}) => Promise<FfmpegCore>;

/**
 * Starts one instance of the core.
 * @throws TributaryError SCRIPT_NOT_LOADED, ENGINE_UNAVAILABLE, OUT_OF_MEMORY
 */
export async function startCore({ module, scriptUrl }: FfmpegSource): Promise<FfmpegCore> {
  const loading: Promise<{ default: CreateCore }> = import(/* @vite-ignore */ scriptUrl);
  const script = await loading.catch((cause: unknown) => {
    throw scriptNotLoaded(cause);
  });
  try {
    return await new Promise<FfmpegCore>((resolve, reject) => {
      script
        .default({
          // By itself the core would fetch and compile the module for each instance.
          instantiateWasm(imports, receive) {
            WebAssembly.instantiate(module, imports).then(receive).catch(reject);
            return {};
          },
        })
        .then(resolve, reject);
    });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new TributaryError("OUT_OF_MEMORY", "There is not enough memory for ffmpeg.", {
        cause,
      });
    }
    throw new TributaryError("ENGINE_UNAVAILABLE", "ffmpeg could not be started.", { cause });
  }
}
