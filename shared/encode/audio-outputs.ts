import { cutAudioSegment } from "../cmaf/cut.ts";
import { writeInit } from "../cmaf/init.ts";
import { TributaryError } from "../job/errors.ts";
import type { AudioRendition } from "../job/job.ts";
import type { AudioRun } from "./audio-run.ts";
import { initOutput, mediaOutput, type RawOutput, type TranscodeTask } from "./transcode-task.ts";

/**
 * Packs a run's AAC frames into its task's outputs. The init segment is the same for all engines, so audio of
 * different engines plays on without a discontinuity.
 * @param frames from the run's first kept frame on; surplus frames at the end are ignored
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
