import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Segment, VideoRendition } from "../../shared/job/job.ts";
import { planTasks } from "../../shared/plan/plan.ts";

const SIX_SECONDS = 540_000;

function segments(count: number): Segment[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    startTicks: index * SIX_SECONDS,
    durations: [[150, 3600]] as Segment["durations"],
  }));
}

function ladder(...heights: number[]): VideoRendition[] {
  return heights.map((height) => ({
    id: `v${height}`,
    kind: "video",
    width: 2 * Math.round((height * 16) / 18),
    height,
    bitsPerSecond: 1_000_000,
    level: 31,
  }));
}

/** A key frame at the start of each segment, so that no lead-in is needed and each segment is a task. */
const keys = (count: number) => segments(count).map(({ startTicks }) => startTicks);

const plan = (count: number, slots: number, video = ladder(480, 360, 240)) =>
  planTasks(segments(count), video, [], { keyTicks: keys(count) }, slots);

describe("groups of renditions", () => {
  test("five segments on two slots: the first is shared, and then no slot idles", () => {
    expect(plan(5, 2).map(({ id, renditions }) => [id, renditions])).toEqual([
      ["v-0-0", ["v480"]],
      ["v-0-1", ["v360", "v240"]],
      ["v-1", ["v480", "v360", "v240"]],
      ["v-2", ["v480", "v360", "v240"]],
      ["v-3", ["v480", "v360", "v240"]],
      ["v-4", ["v480", "v360", "v240"]],
    ]);
  });

  test("an incomplete last round is shared by all slots", () => {
    const last = plan(4, 2).filter(({ firstSegment }) => firstSegment === 3);
    expect(last.map(({ renditions }) => renditions)).toEqual([["v480"], ["v360", "v240"]]);
    const many = plan(1 + 8 + 3, 8).filter(({ firstSegment }) => firstSegment >= 9);
    expect(many).toHaveLength(8);
  });

  test("one slot, or engines that use all cores, split nothing", () => {
    expect(plan(5, 1)).toHaveLength(5);
  });

  test("a run with a long lead-in is not decoded twice", () => {
    const tasks = planTasks(segments(10), ladder(480, 240), [], { keyTicks: [0] }, 2);
    const runs = tasks.filter(({ segmentCount }) => segmentCount > 1);
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.every(({ renditions }) => renditions.length === 2)).toBe(true);
  });

  test("each segment of each rendition is in one task, whatever the slots", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 16 }),
        fc.uniqueArray(fc.integer({ min: 60, max: 1080 }), { minLength: 1, maxLength: 6 }),
        (count, slots, heights) => {
          const video = ladder(...heights.map((height) => 2 * Math.round(height / 2)));
          const ids = new Set(video.map(({ id }) => id));
          if (ids.size !== video.length) return;
          const tasks = plan(count, slots, video);
          expect(new Set(tasks.map(({ id }) => id)).size).toBe(tasks.length);
          const pairs = tasks.flatMap(({ firstSegment, segmentCount, renditions }) =>
            Array.from({ length: segmentCount }, (_, i) =>
              renditions.map((id) => `${firstSegment + i}/${id}`),
            ).flat(),
          );
          expect(pairs).toHaveLength(count * video.length);
          expect(new Set(pairs).size).toBe(count * video.length);
          const starts = tasks.map(({ firstSegment }) => firstSegment);
          expect(starts).toEqual([...starts].sort((a, b) => a - b));
        },
      ),
    );
  });
});
