import { TributaryError } from "../../job/errors.ts";
import type { TranscodedTask, TranscodeTask } from "../transcode-task.ts";
import { transcodeSound } from "./audio.ts";
import type { FfmpegRunner } from "./runner.ts";
import { transcodeVideo } from "./video.ts";

export type { RawOutput, TranscodedTask, TranscodeTask } from "../transcode-task.ts";
export type { FfmpegRun, FfmpegRunner } from "./runner.ts";

/**
 * Makes all outputs of a task with ffmpeg.
 * @param onProgress 0 to 1; also called when nothing has moved
 * @throws TributaryError CHUNK_UNREADABLE, FRAME_COUNT_WRONG, ENCODE_FAILED, OUT_OF_MEMORY, DECODE_FAILED (not
 *   retryable: decoding is deterministic, and the source itself is damaged)
 */
export async function runFfmpegTask(
  task: TranscodeTask,
  runner: FfmpegRunner,
  onProgress: (progress: number) => void,
): Promise<TranscodedTask> {
  const { renditions } = task.grant;
  // ffmpeg's clock starts below zero where B-frames come first.
  const clamped = (progress: number): void => onProgress(Math.max(0, Math.min(1, progress)));
  const video = renditions.filter((rendition) => rendition.kind === "video");
  const audio = renditions.filter((rendition) => rendition.kind === "audio");
  if (task.grant.task.kind === "video") return transcodeVideo(task, video, runner, clamped);
  const [rendition] = audio;
  if (rendition === undefined)
    throw new TributaryError("PLAN_INVALID", "A sound task without a rendition.");
  return transcodeSound(task, rendition, runner, clamped);
}
