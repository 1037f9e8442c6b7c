import { joinedAvcRecord } from "../h264/encoder-sets.ts";
import { TICKS_PER_SECOND, type VideoRendition } from "../job/job.ts";
import { writeInit } from "./init.ts";

/**
 * A rendition's init segment, whoever makes its pictures: it follows from the plan, so that no playlist has
 * to change it on the way. Its `avcC` holds x264's parameter sets under id 1 and, where one takes part, those
 * of one browser's encoder under id 0.
 *
 * @returns null where each engine brings an init segment of its own: plans from before protocol version 4
 * @throws TributaryError OUTPUT_INVALID where the browser's sets cannot be read
 */
export function plannedInit(rendition: VideoRendition): Uint8Array<ArrayBuffer> | null {
  const { parameterSets, width, height, level } = rendition;
  if (parameterSets === undefined) return null;
  const { colour, browser, longestTicks } = parameterSets;
  const said = { width, height, level, colours: colour, longestTicks };
  const avcConfig = joinedAvcRecord(said, browser);
  return writeInit({ kind: "video", width, height, avcConfig, colour }, TICKS_PER_SECOND);
}
