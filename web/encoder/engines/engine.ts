import type { TranscodedTask, TranscodeTask } from "../../../shared/encode/ffmpeg/task.ts";
import type { Engine } from "../../../shared/job/job.ts";

/** A way to make a task's outputs. Runs one task at a time; what it gives is not yet checked or hashed. */
export interface TranscodeEngine {
  readonly name: Engine;
  /**
   * Makes all outputs of a task. The engine is ready for the next one after an error, too.
   * @throws TributaryError CHUNK_UNREADABLE, DECODE_FAILED, ENCODE_FAILED, FRAME_COUNT_WRONG, OUT_OF_MEMORY,
   * ENGINE_UNAVAILABLE
   * @param task its chunk is the engine's from now on
   * @param onProgress 0..1, at least once a second while it works
   */
  transcode(task: TranscodeTask, onProgress: (progress: number) => void): Promise<TranscodedTask>;
}
