import type { FfmpegSource } from "../../../shared/ffmpeg-core.ts";

/** Messages between `remux.ts` and our part of @ffmpeg/ffmpeg's worker, in the package's own format. */

/** Added to the message that loads the core; the package passes it on unchanged. */
export interface CoreToLoad {
  source: FfmpegSource;
}

/** Type of the log entry with which the worker reports that it holds its Web Lock. */
export const LOCK_HELD = "lock-held";
