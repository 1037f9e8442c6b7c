import { cutAudioSegment } from "../cmaf/cut.ts";
import { writeInit } from "../cmaf/init.ts";
import { TributaryError } from "../job/errors.ts";
import type { AudioRendition } from "../job/job.ts";
import type { AudioRun } from "./audio-run.ts";
import { initOutput, mediaOutput, type RawOutput, type TranscodeTask } from "./transcode-task.ts";

/**
 * A run's AAC frames as its task's outputs. The init segment says nothing of who encoded them: sound of
 * different engines plays without a mark between.
 * @param frames from the first that is kept on; more than are kept do no harm
 * @throws TributaryError FRAME_COUNT_WRONG
 */
export function soundOutputs(
  frames: readonly Uint8Array[],
  run: AudioRun,
  task: TranscodeTask,
  {
    id,
    sampleRate,
    channels,
    language,
  }: Pick<AudioRendition, "id" | "sampleRate" | "channels" | "language">,
): RawOutput[] {
  const { segments } = task.grant;
  const init = writeInit({ kind: "audio", sampleRate, channels, language }, sampleRate);
  let taken = 0;
  const media = segments.map((segment, index) => {
    const wanted = run.framesPerSegment[index] ?? 0;
    const own = frames.slice(taken, taken + wanted);
    if (own.length !== wanted) {
      throw new TributaryError(
        "FRAME_COUNT_WRONG",
        `${own.length} AAC frames were made where ${wanted} are planned.`,
      );
    }
    taken += wanted;
    return mediaOutput(id, cutAudioSegment(segment, own, run.firstFrame + taken - wanted));
  });
  return [initOutput(id, segments, init), ...media];
}
