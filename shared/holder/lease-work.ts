import type { Engine } from "../job/job.ts";
import type { ChunkInfo, LeaseGrant, Output, PictureVerdict, Put } from "../wire/lease.ts";

/** What the lease loop hands to and takes from the home that it runs in. */

/** One object made by a task, with its bytes. */
export interface MadeOutput extends Output {
  bytes: ArrayBuffer;
}

export interface MadeTask {
  engine: Engine;
  encodeMs: number;
  outputs: MadeOutput[];
  /** Plain sentences on what is missing or concealed in what was made. */
  warnings: string[];
}

export interface Chunk {
  info: ChunkInfo;
  bytes: ArrayBuffer;
}

/** What differs between homes of a lease holder: where chunks come from and how they are transcoded. */
export interface LeaseWork {
  /** The chunk's bytes; they are given away to `transcode` or `compare`. */
  fetchChunk(grant: LeaseGrant, signal: AbortSignal): Promise<Chunk>;
  /** Where others' pictures can be compared with the source's; grants with `compare` come to nobody else. */
  pictures?: {
    /** The bytes of `grant.compare`, in its order; they are given away to `compare`. */
    fetchOutputs(grant: LeaseGrant, signal: AbortSignal): Promise<ArrayBuffer[]>;
    compare(
      grant: LeaseGrant,
      chunk: Chunk,
      outputs: ArrayBuffer[],
      onProgress: (progress: number) => void,
      signal: AbortSignal,
    ): Promise<PictureVerdict>;
  };
  transcode(
    grant: LeaseGrant,
    chunk: Chunk,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<MadeTask>;
  /**
   * One PUT to a presigned URL, one try. 412 is success: content-addressed, it is there already.
   * Throws UPLOAD_REFUSED when a fresh URL is needed (403, 5xx), NETWORK or UPLOAD_FAILED otherwise.
   */
  put(put: Put, bytes: ArrayBuffer, signal: AbortSignal): Promise<void>;
}
