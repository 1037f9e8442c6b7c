import type { Engine } from "../job/job.ts";
import type { Notice } from "../job/notice.ts";
import type { ChunkInfo, LeaseGrant, OutputFacts, PictureVerdict, Put } from "../wire/lease.ts";

/** The steps of a lease's work, and the data that passes from step to step. */

/** One object made by a task, with its bytes. */
export interface MadeOutput extends OutputFacts {
  bytes: ArrayBuffer;
}

export interface MadeTask {
  engine: Engine;
  encodeMs: number;
  outputs: MadeOutput[];
  /** Damage of the source that is missing or concealed in the outputs. */
  notices: Notice[];
}

export interface Chunk {
  info: ChunkInfo;
  bytes: ArrayBuffer;
}

/** Progress of an encode or a comparison, 0..1. */
export type OnProgress = (progress: number) => void;

/** The encoder of a lease holder, passed in by a tab, a container or the simulation. */
export interface HolderEncoder {
  /**
   * Makes a task's outputs. The encoder may take over `chunk.bytes`. The promise must settle when the signal
   * aborts, and also when there is no more progress.
   */
  transcode(
    grant: LeaseGrant,
    chunk: Chunk,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MadeTask>;
  /**
   * Compares pictures that others made with the source's. Only encoders that have this method get grants with
   * `compare`. Otherwise like `transcode`.
   * @param outputs the bytes of `grant.compare`, in its order; the encoder may take them over
   */
  compare?(
    grant: LeaseGrant,
    chunk: Chunk,
    outputs: ArrayBuffer[],
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<PictureVerdict>;
}

/** The steps of a lease besides its messages. */
export interface LeaseWork {
  encoder: HolderEncoder;
  fetchChunk(grant: LeaseGrant, signal: AbortSignal): Promise<Chunk>;
  /** The bytes of `grant.compare`, in its order. @throws TributaryError NETWORK, DOWNLOAD_FAILED */
  fetchOutputs(grant: LeaseGrant, signal: AbortSignal): Promise<ArrayBuffer[]>;
  /**
   * Tries an upload once, when its turn has come.
   * @throws TributaryError UPLOAD_REFUSED (a fresh URL is needed), NETWORK, UPLOAD_FAILED
   */
  put(put: Put, bytes: ArrayBuffer, signal: AbortSignal): Promise<void>;
}
