import type { PictureVerdict } from "../../../shared/wire/lease.ts";
import type { PictureFit } from "./picture-fit.ts";

/**
 * Whether pictures are those of the source, by their fits. Bits that do not suffice blur pictures and
 * hold them back (they follow the source by a frame or two), so no bound tells an honest result of few
 * bits from a lie. What looks right passes; what is in doubt is held against what an honest encoder
 * makes of the same pictures at the same rates, the reference: an honest result is off where that is
 * off, too. A lie is only what no encoder could have made of the source: that is its maker's end. What
 * another, much worse encoder might have made is `unsure`: the result does not count, and that is all.
 *
 * The bounds stand on real clips at a tenth of their usual rates: see `pictures.test.ts`.
 */

/** A picture is in doubt beyond this error, and beyond this share of what an empty one would be off by. */
const ERROR = 100;
const ERROR_PER_CONTRAST = 0.3;
/** Beyond this share it shows something else. */
const FOREIGN_PER_CONTRAST = 0.6;
/** Times the reference's error, of one picture and of a group. */
const PICTURE_ERROR_FACTOR = 4;
const GROUP_ERROR_FACTOR = 3;
const GROUP_ERROR_SLACK = 1;

/** Pictures that are judged together, and from one group to the next. */
const GROUP = 12;
const GROUP_STEP = 6;
/** Motion for each picture below which a group, or all of it, is a still: no shift shows in it. */
const GROUP_MOTION = 0.5;
const WHOLE_MOTION = 0.002;
/** One cut must not outweigh a second of slow motion. */
const MOST_MOTION = 10;

/** In its place a picture has 1, as its neighbour -1; below this it is in doubt. */
const IN_PLACE = 0.5;
/** Share of the way between two source pictures that a result may be off from the reference. */
const SHIFT = 0.6;
/** A reference that is itself this far back says nothing of shifts. */
const REFERENCE_IN_PLACE = 0.1;

/** Whether an honest encoder has to be asked. */
export function isDoubtful(fits: readonly PictureFit[]): boolean {
  return (
    fits.some(isStrange) ||
    isOutOfPlace(placeOf(fits), WHOLE_MOTION) ||
    groups(fits.length).some(([from, to]) =>
      isOutOfPlace(placeOf(fits.slice(from, to)), GROUP_MOTION),
    )
  );
}

/** @param reference fits of what an honest encoder made of the same pictures */
export function verdictOf(
  fits: readonly PictureFit[],
  reference: readonly PictureFit[],
): PictureVerdict {
  const strange = fits.filter((fit, index) => {
    return isStrange(fit) && fit.error > PICTURE_ERROR_FACTOR * (reference[index]?.error ?? 0);
  });
  if (strange.some(({ error, contrast }) => error > FOREIGN_PER_CONTRAST * contrast)) return "lies";
  const [own, honest] = [placeOf(fits), placeOf(reference)];
  const isMoved = isOutOfPlace(own, WHOLE_MOTION) && isShifted(own, honest);
  if (isMoved && isTelling(honest)) return "lies";
  if (isMoved || strange.length > 0) return "unsure";
  for (const [from, to] of groups(fits.length)) {
    const [part, should] = [placeOf(fits.slice(from, to)), placeOf(reference.slice(from, to))];
    if (!isOutOfPlace(part, GROUP_MOTION)) continue;
    // Among noise that is larger than the motion, a group is too little to tell a shift by.
    const tells = part.motion > should.error && isTelling(should);
    if (isFarOff(part, should) || (tells && isShifted(part, should))) return "unsure";
  }
  return "agrees";
}

interface Place {
  /** In units of the motion. */
  before: number;
  after: number;
  /** Means, for each picture. */
  motion: number;
  error: number;
}

function placeOf(fits: readonly PictureFit[]): Place {
  const sums = { before: 0, after: 0, motionBefore: 0, motionAfter: 0, error: 0 };
  for (const fit of fits) {
    const weightBefore = Math.min(1, MOST_MOTION / fit.motionBefore);
    const weightAfter = Math.min(1, MOST_MOTION / fit.motionAfter);
    sums.error += fit.error;
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
    error: sums.error / fits.length,
  };
}

function isStrange({ error, contrast }: PictureFit): boolean {
  return error > Math.max(ERROR, ERROR_PER_CONTRAST * contrast);
}

function isOutOfPlace({ before, after, motion }: Place, least: number): boolean {
  return motion >= least && Math.min(before, after) < IN_PLACE;
}

function isFarOff(own: Place, honest: Place): boolean {
  return own.error > GROUP_ERROR_FACTOR * honest.error + GROUP_ERROR_SLACK;
}

/** From one source picture to the next, `before` and `after` change by their sum, up and down. */
function isShifted(own: Place, honest: Place): boolean {
  const limit = SHIFT * (honest.before + honest.after);
  return honest.before - own.before > limit || honest.after - own.after > limit;
}

function isTelling({ before, after }: Place): boolean {
  return Math.min(before, after) >= REFERENCE_IN_PLACE;
}

function groups(length: number): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let from = 0; from + GROUP <= length; from += GROUP_STEP) found.push([from, from + GROUP]);
  return found;
}
