import type { FfmpegSource } from "../../shared/ffmpeg-core.ts";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { ChunkInfo, LeaseGrant, PictureVerdict } from "../../shared/wire/lease.ts";

/** Types of the calls between a pool slot and its Web Worker (comlink). */

/** One task, ready to be transcoded. */
export interface TranscodeRequest {
  grant: LeaseGrant;
  info: ChunkInfo;
  /** The chunk's bytes; transferred, so the worker owns them. */
  chunk: ArrayBuffer;
}

/** A request to compare another holder's result of a task with the source. */
export interface CompareRequest extends TranscodeRequest {
  /** The bytes of `grant.compare`, in its order; transferred. */
  outputs: ArrayBuffer[];
}

/**
 * Engine that is tried first. "auto" and "webcodecs": the browser's own codecs, where their pictures and
 * audio are right. "ffmpeg": the browser's codecs are never used.
 */
export type EnginePreference = "auto" | "ffmpeg" | "webcodecs";

/** Setup of a worker, sent once before its first task. */
export interface WorkerSetup {
  preference: EnginePreference;
  /** Load ffmpeg.wasm now, ahead of the first task that needs it. */
  ffmpegAhead: boolean;
}

export interface TranscodeWorkerApi {
  /** @param loadFfmpeg called once, for the first task that needs ffmpeg; throws ENGINE_UNAVAILABLE */
  setup(setup: WorkerSetup, loadFfmpeg: () => Promise<FfmpegSource>): Promise<void>;
  /**
   * Cannot be aborted from inside: cancelling wasm means terminating the worker.
   * @param onProgress takes 0..1 and the engine at work, a few times a second at most. It is also called where
   *   nothing moved, as a sign of life, and starts again from 0 when another engine takes over
   * @returns init segments first, then media segments in order; the receiver owns the bytes
   * @throws TributaryError those of the engine
   */
  transcode(
    request: TranscodeRequest,
    onProgress: (progress: number, engine: Engine) => void,
  ): Promise<MadeTask>;
  /** Progress and errors are those of `transcode`. */
  compare(
    request: CompareRequest,
    onProgress: (progress: number, engine: Engine) => void,
  ): Promise<PictureVerdict>;
}
