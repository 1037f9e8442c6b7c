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

/** The encoder that a lease holder is given: by a tab, a container or the simulation. */
export interface HolderEncoder {
  /** `chunk.bytes` are given away. It must settle when the signal aborts, and when it makes no progress. */
  transcode(
    grant: LeaseGrant,
    chunk: Chunk,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MadeTask>;
  /**
   * Where others' pictures can be compared with the source's; grants with `compare` come to nobody else.
   * As `transcode`.
   * @param outputs the bytes of `grant.compare`, in its order; given away
   */
  compare?(
    grant: LeaseGrant,
    chunk: Chunk,
    outputs: ArrayBuffer[],
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<PictureVerdict>;
}

/** The steps of a lease that are no message. */
export interface LeaseWork {
  encoder: HolderEncoder;
  fetchChunk(grant: LeaseGrant, signal: AbortSignal): Promise<Chunk>;
  /** The bytes of `grant.compare`, in its order. @throws TributaryError NETWORK, DOWNLOAD_FAILED */
  fetchOutputs(grant: LeaseGrant, signal: AbortSignal): Promise<ArrayBuffer[]>;
  /** One try, in its turn. @throws TributaryError UPLOAD_REFUSED (a fresh URL is needed), NETWORK, UPLOAD_FAILED */
  put(put: Put, bytes: ArrayBuffer, signal: AbortSignal): Promise<void>;
}
