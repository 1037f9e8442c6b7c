import type { TranscodedTask, TranscodeTask } from "../../../shared/encode/ffmpeg/task.ts";
import type { Engine } from "../../../shared/job/job.ts";

/** A way to make a task's outputs. Runs one task at a time; its outputs are not yet checked or hashed. */
export interface TranscodeEngine {
  readonly name: Engine;
  /**
   * Makes all outputs of a task. After an error the engine can take the next task, too.
   * @param task the engine owns its chunk from now on
   * @param onProgress takes 0..1, at least once a second
   * @throws TributaryError CHUNK_UNREADABLE, DECODE_FAILED, ENCODE_FAILED, FRAME_COUNT_WRONG, OUT_OF_MEMORY,
   * ENGINE_UNAVAILABLE
   */
  transcode(task: TranscodeTask, onProgress: (progress: number) => void): Promise<TranscodedTask>;
}
