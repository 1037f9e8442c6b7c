/** Bounds of a correction, as shares of the asked rate: a burst must not fit one GOP into another's buffer. */
const LEAST_SHARE = 0.4;
const MOST_SHARE = 1.6;

export interface BitBudget {
  /** Asked for. */
  bitsPerSecond: number;
  /** Of all pictures to come out of this encoder. */
  totalSeconds: number;
}

/** What has come out so far. */
export interface BitsSpent {
  bits: number;
  seconds: number;
}

/**
 * The rate for what is left, so that the whole meets the budget: an encoder that starts anew with each
 * segment has no long run in which to even out what its first pictures cost.
 */
export function remainingBitsPerSecond(budget: BitBudget, spent: BitsSpent): number {
  const { bitsPerSecond, totalSeconds } = budget;
  const leftSeconds = totalSeconds - spent.seconds;
  if (leftSeconds <= 0) return bitsPerSecond;
  const wanted = (bitsPerSecond * totalSeconds - spent.bits) / leftSeconds;
  const least = bitsPerSecond * LEAST_SHARE;
  const most = bitsPerSecond * MOST_SHARE;
  return Math.round(Math.min(most, Math.max(least, wanted)));
}
