import { expect, test } from "vitest";
import { type Segment, TICKS_PER_SECOND, type VideoRendition } from "../../shared/job/job.ts";
import { videoWorkTicks } from "../../shared/plan/task-work.ts";

const rendition = (id: string, width: number, height: number): VideoRendition => ({
  ...{ id, kind: "video", width, height },
  ...{ bitsPerSecond: 1_000_000, level: 31 },
});
const video = [rendition("v480", 854, 480), rendition("v240", 426, 240)];
const segment = (index: number, rateShare: number): Segment => ({
  index,
  startTicks: index * 2 * TICKS_PER_SECOND,
  durations: [[50, 3600]],
  rateShare,
});
const plan = { video, segments: [segment(0, 1), segment(1, 0.25), segment(2, 4)] };
const work = (firstSegment: number, renditions = ["v480", "v240"]) =>
  videoWorkTicks(plan, { id: "v", kind: "video", renditions, firstSegment, segmentCount: 1 });

test("an average segment in all renditions is as much work as it is long", () => {
  expect(work(0)).toBe(2 * TICKS_PER_SECOND);
});

test("busy segments take longer, less than in proportion to their bits", () => {
  expect(work(1)).toBe(TICKS_PER_SECOND);
  expect(work(2)).toBe(4 * TICKS_PER_SECOND);
});

test("groups of renditions take their pixels' share, and decode each", () => {
  const [large, small] = [work(0, ["v480"]), work(0, ["v240"])];
  expect(large).toBeGreaterThan(3 * small);
  expect(large + small).toBeGreaterThan(work(0));
  expect(large + small).toBeLessThan(1.1 * work(0));
});
