import type { Engine } from "../../shared/job.ts";
import type { ChunkInfo, LeaseGrant, Output } from "../../shared/protocol.ts";

/** Types only: what crosses between a pool slot and its Web Worker (comlink). */

/** One task, ready to be transcoded. */
export interface TranscodeRequest {
  grant: LeaseGrant;
  info: ChunkInfo;
  /** The chunk's bytes; transferred, the worker owns them. */
  chunk: ArrayBuffer;
}

/** One object to store, with its bytes (transferred, the receiver owns them). */
export interface TranscodedOutput extends Output {
  bytes: ArrayBuffer;
}

export interface TranscodeResult {
  engine: Engine;
  encodeMs: number;
  /** Inits first, then media in order. Hashes are computed in the worker. */
  outputs: TranscodedOutput[];
  /** What the decoder complained about, in plain words. */
  warnings: string[];
}

/** What a worker is given once, before its first task. */
export interface WorkerSetup {
  /** Compiled once a tab and shared by structured clone. */
  ffmpegModule: WebAssembly.Module;
  ffmpegScriptUrl: string;
  /**
   * A Web Lock that the worker takes in `setup` and never lets go: the tab is granted it when the
   * worker is gone, however that happened (crash, `close()`, out of memory).
   */
  lockName: string;
}

export interface TranscodeWorkerApi {
  setup(setup: WorkerSetup): Promise<void>;
  /**
   * Throws a `WireError` shaped object (comlink does not keep classes). Not abortable from inside:
   * cancelling wasm means terminating the worker.
   * @param onProgress 0..1, at most a few a second, also when nothing moved (it is the sign of life)
   */
  transcode(
    request: TranscodeRequest,
    onProgress: (progress: number) => void,
  ): Promise<TranscodeResult>;
}
