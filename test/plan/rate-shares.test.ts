import fc from "fast-check";
import { expect, test } from "vitest";
import { runRateShare, type Segment, segmentSchema } from "../../shared/job/job.ts";
import { withRateShares } from "../../shared/plan/rate-shares.ts";

const segmentsOf = (seconds: readonly number[]): Segment[] => {
  let startTicks = 0;
  return seconds.map((each, index) => {
    const segment: Segment = { index, startTicks, durations: [[each * 25, 3600]] };
    startTicks += each * 90_000;
    return segment;
  });
};
const shares = (segments: readonly Segment[]) => segments.map(({ rateShare }) => rateShare ?? 1);

test("busy segments get more and still ones less, in proportion, and all of it is handed out", () => {
  const shared = withRateShares(segmentsOf([2, 4, 6]), [2 * 80, 4 * 100, 6 * 110]);
  const [first = 0, second = 0, third = 0] = shares(shared);
  expect(second / first).toBeCloseTo(100 / 80, 2);
  expect(third / first).toBeCloseTo(110 / 80, 2);
  expect(runRateShare(shared)).toBeCloseTo(1, 2);
});

test("a source of even or unknown rate leaves all as it is", () => {
  const segments = segmentsOf([2, 4, 6]);
  expect(withRateShares(segments, [200, 401, 600])).toEqual(segments);
  expect(withRateShares(segments, [0, 0, 0])).toEqual(segments);
  expect(withRateShares(segmentsOf([5]), [700])).toEqual(segmentsOf([5]));
});

test("whatever the source, shares stay within bounds and never exceed the asked rate together", () => {
  const pieces = fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 6 }),
      bytes: fc.integer({ min: 0, max: 1e9 }),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(pieces, (all) => {
      const segments = segmentsOf(all.map(({ seconds }) => seconds));
      const bytes = all.map((each) => each.bytes);
      const shared = withRateShares(segments, bytes);
      for (const segment of shared) segmentSchema.parse(segment);
      expect(runRateShare(shared)).toBeLessThanOrEqual(1 + 1e-9);
      // The busier one of two segments never gets less.
      const rates = all.map((each) => each.bytes / each.seconds);
      const byRate = shares(shared)
        .map((share, i) => ({ share, rate: rates[i] ?? 0 }))
        .sort((a, b) => a.rate - b.rate);
      for (const [i, { share }] of byRate.entries()) {
        expect(share).toBeGreaterThanOrEqual(byRate[i - 1]?.share ?? 0);
      }
    }),
  );
});
