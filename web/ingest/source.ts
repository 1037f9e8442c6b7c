import type { JobPlan, SourceFacts } from "../../shared/job.ts";
import type { LadderRung } from "../../shared/plan.ts";
import type { ChunkInfo, LeaseGrant } from "../../shared/protocol.ts";
import type { SourceIndex } from "./source-index.ts";

/** What the remuxer needs to start ffmpeg.wasm: the same pair that transcode workers get. */
export interface FfmpegCore {
  ffmpegModule: WebAssembly.Module;
  ffmpegScriptUrl: string;
}

export interface OpenSourceOptions {
  signal: AbortSignal;
  /** 0..1, only while opening takes noticeable time (long indexes, remuxing). */
  onProgress?: (progress: number) => void;
  /** Called only for sources that need ffmpeg (FLV, AVI, MPEG-2, ...). */
  loadFfmpeg?: (signal: AbortSignal) => Promise<FfmpegCore>;
}

/** A picked file, understood: what it is, and any chunk of it. */
export interface Source {
  readonly facts: SourceFacts;
  readonly index: SourceIndex;
  /** The file was rewritten by ffmpeg first. */
  readonly remuxed: boolean;
  /** @throws TributaryError LADDER_INVALID */
  planJob(rungs?: readonly LadderRung[]): JobPlan;
  /**
   * The packets that a task needs, as a small mp4. The caller owns the bytes.
   * @throws TributaryError CHUNK_UNREADABLE, SOURCE_CHANGED (the file on disk is another one now)
   */
  cutChunk(
    grant: Pick<LeaseGrant, "task" | "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<SourceChunk>;
  /** Frees the readers; chunks cannot be cut any more. */
  close(): void;
}

export interface SourceChunk {
  info: ChunkInfo;
  bytes: ArrayBuffer;
}

/**
 * Reads what is needed to plan and cut a file; never the whole of it into memory.
 * @throws TributaryError with a SOURCE_* code, or whatever the signal aborts with
 */
export async function openSource(_file: File, options: OpenSourceOptions): Promise<Source> {
  options.signal.throwIfAborted();
  throw new Error("lands with the next commits");
}
