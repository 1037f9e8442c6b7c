import { TributaryError } from "../../job/errors.ts";
import type { Remuxed, RemuxRequest } from "../remux/remux-run.ts";
import type { OpenSourceOptions } from "./open-options.ts";
import { asSourceError, DAMAGED } from "./source-errors.ts";

/**
 * Runs ffmpeg on a source file.
 * @param progressShare share of this run in the whole opening of the file, 0 to 1
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE
 */
export async function runFfmpeg(
  file: Blob,
  request: RemuxRequest,
  options: OpenSourceOptions,
  progressShare: number,
): Promise<Remuxed> {
  const { signal, onProgress, loadFfmpeg, remux } = options;
  if (loadFfmpeg === undefined || remux === undefined) {
    throw new TributaryError(
      "SOURCE_UNSUPPORTED",
      "Files of this kind need ffmpeg, which is not here.",
    );
  }
  const core = await loadFfmpeg(signal);
  try {
    return await remux(file, core, request, {
      signal,
      onProgress: (share) => onProgress?.(progressShare * share),
    });
  } catch (thrown) {
    throw asSourceError(thrown, "SOURCE_CORRUPT", DAMAGED);
  }
}
