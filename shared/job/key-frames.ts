import { expandDurations, type Segment, TICKS_PER_SECOND } from "./job.ts";

/**
 * Apple's HLS authoring specification, 1.13: a key frame every two seconds. One a second, which it would
 * like better for scrubbing, cost 0.5 to 0.6 dB of luma PSNR at 2 to 3 % more bits (x264 veryfast, 240p at
 * 350 and 480p at 1,459 kbit/s).
 */
export const KEY_FRAME_TICKS = 2 * TICKS_PER_SECOND;

/** In a segment of less than 6.5 s (`SEGMENT_LIMIT_TICKS`), as all are but those of a single frame. */
export const MOST_KEY_FRAMES = 4;

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
