import { expandDurations, type Segment, TICKS_PER_SECOND } from "./job.ts";

/** Apple's HLS authoring specification, 1.13: a key frame every two seconds. */
export const KEY_FRAME_TICKS = 2 * TICKS_PER_SECOND;

/**
 * Positions (0 is the segment's first frame) of the frames that must be key frames: the first, then the
 * first frame at or after every second second. Each starts a fragment.
 */
export function keyFrameIndexes(segment: Segment): number[] {
  const indexes: number[] = [];
  let atTicks = 0;
  let dueTicks = 0;
  expandDurations(segment.durations).forEach((durationTicks, index) => {
    if (atTicks >= dueTicks) {
      indexes.push(index);
      dueTicks = (Math.floor(atTicks / KEY_FRAME_TICKS) + 1) * KEY_FRAME_TICKS;
    }
    atTicks += durationTicks;
  });
  return indexes;
}
