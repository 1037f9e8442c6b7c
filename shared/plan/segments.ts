import { runLengthDurations, type Segment, TICKS_PER_SECOND } from "../job/job.ts";

export const TARGET_SEGMENT_TICKS = 6 * TICKS_PER_SECOND;

/** The first segment of a video of several: what people wait for before they can watch. */
export const FIRST_SEGMENT_TICKS = TARGET_SEGMENT_TICKS / 3;

/** Excluded: EXTINF must round to no more than the target (RFC 8216, 4.3.3.1), and exceed it by at most 0.5 s. */
export const SEGMENT_LIMIT_TICKS = TARGET_SEGMENT_TICKS + TICKS_PER_SECOND / 2;

/** The last segment is at least this long where the source allows. */
export const LAST_SEGMENT_MIN_TICKS = TARGET_SEGMENT_TICKS / 3;

/** A source key frame this near to the grid becomes the cut: no decode lead-in. */
const SNAP_TICKS = 0.45 * TICKS_PER_SECOND;

/** When the frames of a source are, all in ticks from the first visible one. */
export interface FrameTimeline {
  /** Visible frames in order, and the end of the last one. */
  frameTicks: ArrayLike<number>;
  /** Where decoding can start, in order; times of hidden frames are negative. */
  keyTicks: ArrayLike<number>;
  /** Bytes of each visible frame in the source, where they are known. */
  frameBytes?: ArrayLike<number>;
}

/**
 * Cuts the source near the 6 s grid, at frames, on a key frame where one is near. Segments cover the
 * source once, in order; only where a single frame is shown for longer is one beyond the limit.
 * @param frameStep every n-th frame is kept; frame times in the result are those of kept frames
 */
export function planSegments(timeline: FrameTimeline, frameStep = 1): Segment[] {
  const kept = keptFrameTicks(timeline.frameTicks, frameStep);
  const keys = timeline.keyTicks;
  const endTicks = kept[kept.length - 1] ?? 0;
  const segments: Segment[] = [];
  let first = 0;
  let keyFrom = 0;
  while (first < kept.length - 1) {
    const startTicks = kept[first] ?? 0;
    const wantedTicks = nextCutTicks(startTicks, endTicks);
    let next = kept.length - 1;
    if (wantedTicks < endTicks) {
      while (keyFrom < keys.length && (keys[keyFrom] ?? 0) < wantedTicks - SNAP_TICKS) keyFrom++;
      next = cutFrame(kept, first, wantedTicks, nearestKey(keys, keyFrom, wantedTicks));
    }
    const each: number[] = [];
    for (let i = first; i < next; i++) each.push((kept[i + 1] ?? 0) - (kept[i] ?? 0));
    segments.push({ index: segments.length, startTicks, durations: runLengthDurations(each) });
    first = next;
  }
  return segments;
}

/** Times of every n-th frame, and the end. */
function keptFrameTicks(frameTicks: ArrayLike<number>, frameStep: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < frameTicks.length - 1; i += frameStep) kept.push(frameTicks[i] ?? 0);
  kept.push(frameTicks[frameTicks.length - 1] ?? 0);
  return kept;
}

/** The grid point to cut near, or the end when what is left is one segment. */
function nextCutTicks(startTicks: number, endTicks: number): number {
  const isFirst = startTicks < FIRST_SEGMENT_TICKS / 2;
  const grid = (Math.round(startTicks / TARGET_SEGMENT_TICKS) + 1) * TARGET_SEGMENT_TICKS;
  if (endTicks - startTicks < SEGMENT_LIMIT_TICKS && endTicks - grid < LAST_SEGMENT_MIN_TICKS)
    return endTicks;
  if (isFirst) return FIRST_SEGMENT_TICKS;
  return Math.min(grid, endTicks - LAST_SEGMENT_MIN_TICKS);
}

function nearestKey(keys: ArrayLike<number>, from: number, wantedTicks: number): number | null {
  let nearest: number | null = null;
  for (let i = from; i < keys.length && (keys[i] ?? 0) <= wantedTicks + SNAP_TICKS; i++) {
    const key = keys[i] ?? 0;
    if (nearest === null || Math.abs(key - wantedTicks) < Math.abs(nearest - wantedTicks))
      nearest = key;
  }
  return nearest;
}

/** First frame of the next segment: the key frame if it is a frame within bounds, else the nearest to the grid. */
function cutFrame(
  kept: readonly number[],
  first: number,
  wantedTicks: number,
  keyTicks: number | null,
): number {
  const startTicks = kept[first] ?? 0;
  const last = kept.length - 1;
  let nearest = first + 1;
  for (let i = first + 1; i < last; i++) {
    const at = kept[i] ?? 0;
    if (at - startTicks >= SEGMENT_LIMIT_TICKS || at > wantedTicks + SEGMENT_LIMIT_TICKS) break;
    if (at === keyTicks && leavesEnough(at, kept[last] ?? 0)) return i;
    if (Math.abs(at - wantedTicks) < Math.abs((kept[nearest] ?? 0) - wantedTicks)) nearest = i;
  }
  const endTicks = kept[last] ?? 0;
  while (nearest > first + 1 && nearest < last && !leavesEnough(kept[nearest] ?? 0, endTicks))
    nearest--;
  return nearest;
}

function leavesEnough(atTicks: number, endTicks: number): boolean {
  return endTicks - atTicks >= LAST_SEGMENT_MIN_TICKS;
}
