import { TributaryError } from "../job/errors.ts";
import { clock, TICKS_PER_SECOND } from "../job/ticks.ts";
import type { TrimRange } from "../job/trim-range.ts";
import { HELD_TICKS } from "./segments.ts";

/** Times are written in whole milliseconds, so a time that is this near to a frame means that frame. */
const NEAR_TICKS = TICKS_PER_SECOND / 2000;

/** A part may end this far after the source's end, because people round a source's length. */
const END_GRACE_TICKS = TICKS_PER_SECOND / 2;

/** A part of a source: which frames it has, and when it starts and ends. */
export interface FrameRange {
  /** Positions among the visible frames; the end is excluded. */
  firstFrame: number;
  endFrame: number;
  startTicks: number;
  endTicks: number;
}

/**
 * The frames that a range holds: from the first at or after its start to the last before its end. A frame
 * that is shown for more than a second is cut at the range's ends, not left out.
 * @param frameTicks visible frames in order, and the end of the last one
 * @throws TributaryError TRIM_EMPTY, TRIM_BEYOND_END
 */
export function framesWithin(frameTicks: ArrayLike<number>, wanted: TrimRange): FrameRange {
  const frames = frameTicks.length - 1;
  const at = (frame: number) => frameTicks[frame] ?? 0;
  const lastTicks = at(frames);
  const { startTicks: from } = wanted;
  const to = wanted.endTicks ?? lastTicks;
  if (from >= lastTicks || to > lastTicks + END_GRACE_TICKS) {
    const which = from >= lastTicks ? "start" : "end";
    const message = `The ${which} of the part is after the end of the file, which is ${clock(lastTicks)} long.`;
    throw new TributaryError("TRIM_BEYOND_END", message);
  }
  const firstAfter = frameAt(frameTicks, from);
  const isHeld = (frame: number) => at(frame + 1) - at(frame) > HELD_TICKS;
  const startsHeld = firstAfter > 0 && at(firstAfter) - from > NEAR_TICKS && isHeld(firstAfter - 1);
  const firstFrame = startsHeld ? firstAfter - 1 : firstAfter;
  const endFrame = frameAt(frameTicks, to);
  const startTicks = startsHeld ? from : at(firstFrame);
  const endTicks = endFrame > 0 && isHeld(endFrame - 1) ? Math.min(to, at(endFrame)) : at(endFrame);
  if (from >= to || endFrame <= firstFrame || endTicks <= startTicks) {
    throw new TributaryError("TRIM_EMPTY", "No frame lies between the start and the end.");
  }
  return { firstFrame, endFrame, startTicks, endTicks };
}

/**
 * The time nearest to this one at which a part can begin or end: where a frame begins, or at any time while a
 * frame is shown for more than a second.
 */
export function nearestCut(frameTicks: ArrayLike<number>, atTicks: number): number {
  const next = frameAt(frameTicks, atTicks);
  const [before, after] = [frameTicks[Math.max(0, next - 1)] ?? 0, frameTicks[next] ?? 0];
  if (after - before > HELD_TICKS) return Math.round(atTicks);
  return atTicks - before < after - atTicks ? before : after;
}

/**
 * The time of the next frame or of the one before, but no more than a second away.
 * @param direction 1 or -1
 */
export function nextCut(frameTicks: ArrayLike<number>, atTicks: number, direction: 1 | -1): number {
  const next = frameAt(frameTicks, atTicks);
  const isThere = Math.abs((frameTicks[next] ?? 0) - atTicks) <= NEAR_TICKS;
  const frame = direction === 1 ? (isThere ? next + 1 : next) : next - 1;
  const cut = frameTicks[Math.min(frameTicks.length - 1, Math.max(0, frame))] ?? 0;
  const second = atTicks + direction * HELD_TICKS;
  return direction === 1 ? Math.min(cut, second) : Math.max(cut, second, 0);
}

/** Position of the first frame at or after a time; the number of frames where there is none. */
export function frameAt(frameTicks: ArrayLike<number>, atTicks: number): number {
  let low = 0;
  let high = frameTicks.length - 1;
  while (low < high) {
    const between = (low + high) >> 1;
    if ((frameTicks[between] ?? 0) < atTicks - NEAR_TICKS) low = between + 1;
    else high = between;
  }
  return low;
}
