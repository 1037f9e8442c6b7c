import type { PictureFit } from "./picture-fit.ts";

/** Where pictures stand in time among the source's: 1 for a picture in its place, -1 for one that shows a neighbour. */
export interface Place {
  /** Compared with the picture before, and with the one after, in units of the motion; means over all pictures. */
  before: number;
  after: number;
  /** Mean squared difference from one source picture to the next. */
  motion: number;
}

/** Below this motion (mean squared difference) the clip counts as still: a shift in time would not show. */
const LEAST_MOTION = 0.002;
/** Limit on the weight of a picture's motion: one cut must not outweigh a second of slow motion. */
const MOST_MOTION = 10;
/** Places below this are out of place. */
const IN_PLACE = 0.5;
/** Places below this show another moment of the source. */
const ELSEWHERE = -0.5;
/** A reference below this place says nothing about shifts in time. */
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

/** Whether pictures with motion resemble a neighbouring frame too much to be in their own place. */
export function isOutOfPlace({ before, after, motion }: Place): boolean {
  return motion >= LEAST_MOTION && Math.min(before, after) < IN_PLACE;
}

/** Whether pictures show other moments, while an honest encoder's do not. */
export function isElsewhere(own: Place, honest: Place): boolean {
  if (Math.min(honest.before, honest.after) < REFERENCE_IN_PLACE) return false;
  return own.motion >= LEAST_MOTION && Math.min(own.before, own.after) < ELSEWHERE;
}
