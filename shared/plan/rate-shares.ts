import { RATE_SHARE, type Segment, segmentDurationTicks } from "../job/job.ts";

/** When no share differs from 1 by more than this, nobody sees the difference, and all stay at 1. */
const EVEN_WITHIN = 0.02;

/** Steps in the search for the scale; more than exact enough. */
const HALVINGS = 40;

/**
 * Distributes the bits over the segments as one long encode would. Segments are encoded apart, so each would
 * meet the rate by itself: a still one with more bits than it needs, a busy one with fewer. How busy a segment
 * is shows in the size of the source's packets. On average the shares are 1.
 * @param segmentBytes bytes of the source in each segment; all zero when they are not known
 */
export function withRateShares(
  segments: readonly Segment[],
  segmentBytes: readonly number[],
): Segment[] {
  const seconds = segments.map(segmentDurationTicks);
  const total = seconds.reduce((sum, each) => sum + each, 0);
  const bytes = segmentBytes.reduce((sum, each) => sum + each, 0);
  if (segments.length < 2 || bytes === 0) return [...segments];
  const busyness = seconds.map((each, i) => ((segmentBytes[i] ?? 0) / each) * (total / bytes));
  const sharesAt = (scale: number) =>
    busyness.map((each) => Math.min(RATE_SHARE.most, Math.max(RATE_SHARE.least, each * scale)));
  const meanAt = (scale: number) =>
    sharesAt(scale).reduce((sum, share, i) => sum + share * (seconds[i] ?? 0), 0) / total;
  let [low, high] = [0, 1];
  while (meanAt(high) < 1 && high < 1e6) high *= 2;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (meanAt(middle) < 1) low = middle;
    else high = middle;
  }
  const shares = sharesAt(low);
  if (shares.every((share) => Math.abs(share - 1) <= EVEN_WITHIN)) return [...segments];
  return segments.map((segment, i) => ({
    ...segment,
    // Rounded down, so that the mean is at most 1.
    rateShare: Math.floor((shares[i] ?? 1) * 1000) / 1000,
  }));
}
