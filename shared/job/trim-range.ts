import { TICKS_PER_SECOND } from "./ticks.ts";
import type { TrimRequest } from "./trim.ts";

/** A part of a source that is wanted, in ticks from its first visible frame. */
export interface TrimRange {
  startTicks: number;
  /** Null: the source's end. */
  endTicks: number | null;
}

/** The requested range in ticks. */
export function rangeOf({ startSeconds = 0, endSeconds }: TrimRequest): TrimRange {
  const toTicks = (seconds: number) => Math.round(seconds * TICKS_PER_SECOND);
  const endTicks = endSeconds === undefined ? null : toTicks(endSeconds);
  return { startTicks: toTicks(startSeconds), endTicks };
}

/** The same range in seconds. */
export function requestOf({ startTicks, endTicks }: TrimRange): TrimRequest {
  const startSeconds = startTicks / TICKS_PER_SECOND;
  return endTicks === null
    ? { startSeconds }
    : { startSeconds, endSeconds: endTicks / TICKS_PER_SECOND };
}
