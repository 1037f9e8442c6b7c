import type { PictureFit } from "./picture-fit.ts";

/** Where pictures stand in time among the source's: in its own place a picture has 1, as its neighbour -1. */
export interface Place {
  /** Against the picture before and the one after, in units of the motion; means over all pictures. */
  before: number;
  after: number;
  /** Mean squared difference from one source picture to the next. */
  motion: number;
}

/** Below this motion the clip counts as still: a shift in time would not show. */
const LEAST_MOTION = 0.002;
/** One cut must not outweigh a second of slow motion. */
const MOST_MOTION = 10;
/** Below this, pictures are not in their place. */
const IN_PLACE = 0.5;
/** Below this, pictures are plainly nearer to another moment. */
const ELSEWHERE = -0.5;
/** A reference that is itself this far back says nothing of shifts. */
const REFERENCE_IN_PLACE = 0.4;

/** Mean over all pictures, weighted by motion; a cut counts for no more than `MOST_MOTION`. */
export function placeOf(fits: readonly PictureFit[]): Place {
  const sums = { before: 0, after: 0, motionBefore: 0, motionAfter: 0 };
  for (const fit of fits) {
    const weightBefore = Math.min(1, MOST_MOTION / fit.motionBefore);
    const weightAfter = Math.min(1, MOST_MOTION / fit.motionAfter);
    if (fit.motionBefore > 0) {
      sums.before += weightBefore * fit.before;
      sums.motionBefore += weightBefore * fit.motionBefore;
    }
    if (fit.motionAfter > 0) {
      sums.after += weightAfter * fit.after;
      sums.motionAfter += weightAfter * fit.motionAfter;
    }
  }
  return {
    before: sums.motionBefore === 0 ? 1 : sums.before / sums.motionBefore,
    after: sums.motionAfter === 0 ? 1 : sums.after / sums.motionAfter,
    motion: Math.min(sums.motionBefore, sums.motionAfter) / fits.length,
  };
}

/** Whether moving pictures resemble a neighbouring frame too much to be in their own place. */
export function isOutOfPlace({ before, after, motion }: Place): boolean {
  return motion >= LEAST_MOTION && Math.min(before, after) < IN_PLACE;
}

/** Whether pictures are those of other moments, and an honest encoder's are not. */
export function isElsewhere(own: Place, honest: Place): boolean {
  if (Math.min(honest.before, honest.after) < REFERENCE_IN_PLACE) return false;
  return own.motion >= LEAST_MOTION && Math.min(own.before, own.after) < ELSEWHERE;
}
