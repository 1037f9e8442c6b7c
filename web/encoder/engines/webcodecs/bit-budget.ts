/**
 * Bounds of a correction, as shares of the asked rate. The level is planned for peaks of 1.5 times the
 * mean (`plan/ladder.ts`): beyond that an encoder would raise it, and with it change its parameter sets.
 */
const LEAST_SHARE = 0.4;
const MOST_SHARE = 1.5;

/** With less than this to go there is nothing left to correct with. */
const LEAST_LEFT_SECONDS = 0.5;

export interface BitBudget {
  /** To be met by these pictures. */
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
 * Rate for the rest, in bits a second, so that the whole meets the budget: an encoder that restarts with each
 * segment has no time to even out its expensive first pictures. Null: leave the rate as it is.
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
