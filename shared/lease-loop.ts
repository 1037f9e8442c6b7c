import type { Engine } from "./job.ts";
import type { ErrorCode } from "./errors.ts";
import type { ChunkInfo, LeaseGrant, Output } from "./protocol.ts";

/** One object made by a task, with its bytes. */
export interface MadeOutput extends Output {
  bytes: ArrayBuffer | Uint8Array;
}

export interface MadeTask {
  engine: Engine;
  encodeMs: number;
  outputs: MadeOutput[];
  warnings: string[];
}

/** What differs between homes of a lease holder: where chunks come from and how they are transcoded. */
export interface LeaseWork {
  /** The chunk's bytes; the caller of `transcode` gives them away. */
  fetchChunk(grant: LeaseGrant, signal: AbortSignal): Promise<{ info: ChunkInfo; bytes: ArrayBuffer }>;
  transcode(
    grant: LeaseGrant,
    chunk: { info: ChunkInfo; bytes: ArrayBuffer },
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<MadeTask>;
  /** PUT of one output to its presigned URL; throws UPLOAD_REFUSED on 403, UPLOAD_FAILED else. 412 is success (it is there). */
  put(url: string, headers: Record<string, string>, bytes: ArrayBuffer | Uint8Array, signal: AbortSignal): Promise<void>;
}

export type LeaseEnd =
  | { state: "accepted" }
  | { state: "rejected" | "failed"; code: ErrorCode }
  | { state: "revoked" };
