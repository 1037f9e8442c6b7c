/**
 * Bounds of a corrected rate: the least as a share of these pictures' rate, the most as a share of the rendition's.
 * The level is planned for peaks of 1.5 times the mean (`plan/ladder.ts`): above that an encoder would raise the
 * level, and its parameter sets would change.
 */
const LEAST_SHARE = 0.4;
const MOST_SHARE = 1.5;

/** With less time than this left, the rate is no longer corrected. */
const LEAST_LEFT_SECONDS = 0.5;

export interface BitBudget {
  /** Average rate that these pictures should have. */
  bitsPerSecond: number;
  /** Average rate of the rendition. */
  askedBitsPerSecond: number;
  /** Duration of all pictures that come out of this encoder. */
  totalSeconds: number;
}

/** Output of the encoder so far. */
export interface BitsSpent {
  bits: number;
  seconds: number;
}

/**
 * Rate for the remaining pictures with which the whole meets the budget, in bits a second. An encoder that restarts
 * with each segment has no time to even out its expensive first pictures by itself. Null: leave the rate as it is.
 */
export function remainingBitsPerSecond(budget: BitBudget, spent: BitsSpent): number | null {
  const { bitsPerSecond, askedBitsPerSecond, totalSeconds } = budget;
  const leftSeconds = totalSeconds - spent.seconds;
  if (spent.seconds === 0 || leftSeconds < LEAST_LEFT_SECONDS) return null;
  const wanted = (bitsPerSecond * totalSeconds - spent.bits) / leftSeconds;
  const least = bitsPerSecond * LEAST_SHARE;
  const most = askedBitsPerSecond * MOST_SHARE;
  return Math.round(Math.min(most, Math.max(least, wanted)));
}
