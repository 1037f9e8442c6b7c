import { joinedAvcRecord } from "../h264/encoder-sets.ts";
import { TICKS_PER_SECOND, type VideoRendition } from "../job/job.ts";
import { writeInit } from "./init.ts";

/**
 * Writes a rendition's init segment from the plan alone. It is the same for all engines, so no playlist has
 * to change it midway. Its `avcC` holds x264's parameter sets under id 1 and, where a browser's encoder takes
 * part, that one's sets under id 0.
 *
 * @returns null for plans from before protocol version 4, where each engine brings an init segment of its own
 * @throws TributaryError OUTPUT_INVALID when the browser's sets cannot be read
 */
export function plannedInit(rendition: VideoRendition): Uint8Array<ArrayBuffer> | null {
  const { parameterSets, width, height, level } = rendition;
  if (parameterSets === undefined) return null;
  const { colour, browser, longestTicks } = parameterSets;
  const said = { width, height, level, colours: colour, longestTicks };
  const avcConfig = joinedAvcRecord(said, browser);
  return writeInit({ kind: "video", width, height, avcConfig, colour }, TICKS_PER_SECOND);
}
