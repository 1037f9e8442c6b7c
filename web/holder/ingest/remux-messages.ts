import type { FfmpegSource } from "../../../shared/ffmpeg-core.ts";

/** Messages between `remux.ts` and our part of @ffmpeg/ffmpeg's worker, in the package's own format. */

/** Goes with the message that loads the core: the package passes it on unread. */
export interface CoreToLoad {
  source: FfmpegSource;
}

/** Type of the log entry by which the worker says that it holds its Web Lock. */
export const LOCK_HELD = "lock-held";
