import { runLengthDurations, type Segment, TICKS_PER_SECOND } from "../job/job.ts";

export const TARGET_SEGMENT_TICKS = 6 * TICKS_PER_SECOND;

/** Length of the first of several segments. It is short, because people wait for it before they can watch. */
export const FIRST_SEGMENT_TICKS = TARGET_SEGMENT_TICKS / 3;

/** Segments are shorter than this: EXTINF, rounded, must not exceed the target duration (RFC 8216, 4.3.3.1). */
export const SEGMENT_LIMIT_TICKS = TARGET_SEGMENT_TICKS + TICKS_PER_SECOND / 2;

/** The last segment is at least this long where the source allows. */
export const LAST_SEGMENT_MIN_TICKS = TARGET_SEGMENT_TICKS / 3;

/** A source key frame this near to the grid becomes the cut, which saves the decode lead-in. */
const SNAP_TICKS = 0.45 * TICKS_PER_SECOND;

/** A frame that is shown for longer is "held": a segment may begin while it is shown, and then repeats it. */
export const HELD_TICKS = TICKS_PER_SECOND;

/** When the frames of a source are shown, in ticks from the first visible one. */
export interface FrameTimeline {
  /** Start of each visible frame in order, and the end of the last one. */
  frameTicks: ArrayLike<number>;
  /** Where decoding can start, in order; times of hidden frames are negative. */
  keyTicks: ArrayLike<number>;
  /** Bytes of each visible frame in the source, where they are known. */
  frameBytes?: ArrayLike<number>;
  /**
   * Frame times, in order, at which a segment and a chunk have to begin. The frames before and after such a time
   * cannot be decoded in one go (cuts of an edit list, pictures of another sample description).
   */
  breakTicks?: readonly number[];
}

/**
 * Cuts the source at frames near the 6 s grid, on a key frame where one is near. Segments cover the source
 * once, in order. Where no frame begins near the grid, because one is held, the next segment begins with that
 * frame once more (`Segment.repeatsFrame`).
 * @param frameStep every n-th frame is kept; frame times in the result are those of kept frames
 */
export function planSegments(timeline: FrameTimeline, frameStep = 1): Segment[] {
  const kept = keptFrameTicks(timeline.frameTicks, frameStep);
  const keys = timeline.keyTicks;
  const lastTicks = kept[kept.length - 1] ?? 0;
  const breaks = [...(timeline.breakTicks ?? []), lastTicks];
  const segments: Segment[] = [];
  let cut: Cut = { frame: 0, atTicks: 0, repeatsFrame: false };
  let keyFrom = 0;
  let nextBreak = 0;
  while (cut.atTicks < lastTicks) {
    while ((breaks[nextBreak] ?? lastTicks) <= cut.atTicks) nextBreak++;
    const endFrame = lowerBound(kept, breaks[nextBreak] ?? lastTicks);
    const endTicks = kept[endFrame] ?? lastTicks;
    const wantedTicks = nextCutTicks(cut.atTicks, endTicks);
    let next: Cut = { frame: endFrame, atTicks: endTicks, repeatsFrame: false };
    if (wantedTicks < endTicks) {
      while (keyFrom < keys.length && (keys[keyFrom] ?? 0) < wantedTicks - SNAP_TICKS) keyFrom++;
      const key = nearestKey(keys, keyFrom, wantedTicks);
      next = nextCut(kept, endFrame, cut, wantedTicks, key);
    }
    segments.push(segmentBetween(segments.length, kept, cut, next));
    cut = next;
  }
  return segments;
}

/** Where a segment begins: at a kept frame, or while a frame is held. */
interface Cut {
  /** Index of the frame that is shown from this time on. */
  frame: number;
  atTicks: number;
  repeatsFrame: boolean;
}

function segmentBetween(index: number, kept: readonly number[], from: Cut, to: Cut): Segment {
  const times = [from.atTicks];
  const end = to.repeatsFrame ? to.frame + 1 : to.frame;
  for (let frame = from.frame + 1; frame < end; frame++) times.push(kept[frame] ?? 0);
  const each = times.map((at, i) => (times[i + 1] ?? to.atTicks) - at);
  return {
    index,
    startTicks: from.atTicks,
    durations: runLengthDurations(each),
    ...(from.repeatsFrame ? { repeatsFrame: true } : {}),
  };
}

/** Cuts at a frame where one is near; else while a frame is held; else at the nearest frame there is. */
function nextCut(
  kept: readonly number[],
  endFrame: number,
  from: Cut,
  wantedTicks: number,
  keyTicks: number | null,
): Cut {
  const frame = cutFrame(kept, endFrame, from, wantedTicks, keyTicks);
  const atFrame = { frame, atTicks: kept[frame] ?? 0, repeatsFrame: false };
  const isNear = Math.abs(atFrame.atTicks - wantedTicks) <= HELD_TICKS;
  if (isNear && frame < endFrame && atFrame.atTicks - from.atTicks < SEGMENT_LIMIT_TICKS)
    return atFrame;
  const atTicks = Math.min(wantedTicks, from.atTicks + TARGET_SEGMENT_TICKS);
  const held = lowerBound(kept, atTicks + 1) - 1;
  const isHeld = (kept[held + 1] ?? 0) - (kept[held] ?? 0) > HELD_TICKS;
  return isHeld ? { frame: held, atTicks, repeatsFrame: true } : atFrame;
}

/** First position whose value is at least the wanted one. */
function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const between = (low + high) >> 1;
    if ((sorted[between] ?? 0) < wanted) low = between + 1;
    else high = between;
  }
  return low;
}

/** Times of every n-th frame, and the end. */
function keptFrameTicks(frameTicks: ArrayLike<number>, frameStep: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < frameTicks.length - 1; i += frameStep) kept.push(frameTicks[i] ?? 0);
  kept.push(frameTicks[frameTicks.length - 1] ?? 0);
  return kept;
}

/** The point of the grid near which to cut, or the end when the rest makes just one segment. */
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

/** First frame of the next segment: at `keyTicks` if a kept frame is there, else the frame nearest to the grid. */
function cutFrame(
  kept: readonly number[],
  last: number,
  { frame: first, atTicks: startTicks }: Cut,
  wantedTicks: number,
  keyTicks: number | null,
): number {
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

/**
 * WebKitGTK 2.50 loses the durations of H.264 pictures where the parameter sets have no timing. It takes each
 * picture to last 1/60 s, and joins pictures that are at most 2002/24000 s apart. Where they are further apart,
 * its buffer has holes.
 */
const SLOW_TICKS = 0.08 * TICKS_PER_SECOND;

/** Ticks that the longest picture is shown; undefined when no picture is so long that parameter sets need timing. */
export function longestTicks(segments: readonly Segment[]): number | undefined {
  const lengths = segments.flatMap(({ durations }) => durations.map(([, ticks]) => ticks));
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  return longest > SLOW_TICKS ? longest : undefined;
}
