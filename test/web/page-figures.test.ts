import fc from "fast-check";
import { expect, test } from "vitest";
import { ERROR_CODES, type ErrorCode } from "../../shared/job/errors.ts";
import type { TaskView } from "../../shared/wire/job-view.ts";
import { cellAt, cellBox, layOutGrid } from "../../web/pages/upload/grid-layout.ts";
import { errorText } from "../../web/ui/error-texts.ts";
import {
  formatBitrate,
  formatBytes,
  formatClock,
  formatFrameRate,
  formatPercent,
  formatWait,
} from "../../web/ui/format.ts";
import {
  countCells,
  jobProgress,
  segmentCells,
  soundRuns,
  taskTitle,
} from "../../web/ui/job-progress.ts";

function task(change: Partial<TaskView>): TaskView {
  return {
    id: "v-0",
    kind: "video",
    firstSegment: 0,
    segmentCount: 1,
    state: "ready",
    attempts: 0,
    progress: 0,
    holder: null,
    lastError: null,
    ...change,
  };
}

test.each(Object.keys(ERROR_CODES) as ErrorCode[])("%s is told in people's words", (code) => {
  const { title, what, advice } = errorText(code);
  for (const text of [title, what, advice]) {
    expect(text.length).toBeGreaterThan(8);
    // No internal codes or names. They are shown only in the details.
    expect(text).not.toMatch(/[A-Z]{2,}_[A-Z]/);
  }
  expect(title.length).toBeLessThanOrEqual(48);
  expect(`${what} ${advice}`).toMatch(/^[A-Z].*\.$/);
});

test("no two codes have the same title", () => {
  const titles = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => errorText(code).title);
  expect(new Set(titles).size).toBe(titles.length);
});

test("figures as people read them", () => {
  expect([0, 999, 1000, 382_580, 4_139_823, 999_600_000, 3.2e9].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "383 kB",
    "4.1 MB",
    "1.0 GB",
    "3.2 GB",
  ]);
  expect([0, 59.9, 65, 3723].map(formatClock)).toEqual(["0:00", "0:59", "1:05", "1:02:03"]);
  expect([0, 4.2, 11, 89, 130, 4800].map(formatWait)).toEqual([
    "1 s",
    "5 s",
    "15 s",
    "90 s",
    "3 min",
    "1 h 20 min",
  ]);
  expect([24, 24000 / 1001, 30000 / 1001].map(formatFrameRate)).toEqual([
    "24 fps",
    "23.98 fps",
    "29.97 fps",
  ]);
  expect([128_000, 1_400_000].map(formatBitrate)).toEqual(["128 kbit/s", "1.4 Mbit/s"]);
  // "100 %" only once everything is done.
  expect([0.999, 1].map(formatPercent)).toEqual(["99 %", "100 %"]);
});

test("a segment shows the most telling of its tasks", () => {
  const tasks = [
    task({ id: "a", state: "done", segmentCount: 2 }),
    task({ id: "b", state: "leased", progress: 0.5 }),
    task({ id: "c", state: "failed", firstSegment: 1 }),
    task({ id: "d", kind: "audio", state: "backoff", segmentCount: 3 }),
  ];
  const cells = segmentCells({ segmentCount: 3, tasks });
  expect(cells).toEqual([
    { state: "working", progress: 0.75 },
    { state: "failed", progress: 0.5 },
    { state: "waiting", progress: 0 },
  ]);
  expect(countCells(cells)).toMatchObject({ working: 1, failed: 1, waiting: 1, done: 0 });
  expect(soundRuns({ tasks })).toEqual([
    { state: "retrying", progress: 0, firstSegment: 0, segmentCount: 3 },
  ]);
});

test("progress never reads as all before the job is ready, and then always does", () => {
  const done = [task({ state: "done" }), task({ id: "b", state: "done", kind: "audio" })];
  expect(jobProgress({ state: "assembling", tasks: done })).toBe(0.99);
  expect(jobProgress({ state: "ready", tasks: done })).toBe(1);
  expect(jobProgress({ state: "running", tasks: [] })).toBe(0);
  // As on a viewer's page, which does not get the tasks.
  expect(jobProgress({ state: "running", tasks: [], progress: 0.4 })).toBe(0.4);
  expect(jobProgress({ state: "assembling", tasks: [], progress: 1 })).toBe(0.99);
});

test("parts are counted from one", () => {
  expect(taskTitle(task({ firstSegment: 4 }))).toBe("Part 5");
  expect(taskTitle(task({ firstSegment: 4, segmentCount: 3 }))).toBe("Parts 5 to 7");
  expect(taskTitle(task({ kind: "audio", segmentCount: 20 }))).toBe("Sound of parts 1 to 20");
});

test("cells lie inside the grid, apart from each other, and are found again", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 240, max: 2000 }),
      (n, width) => {
        const layout = layOutGrid(n, width);
        expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(n);
        for (const index of [0, Math.floor(n / 2), n - 1]) {
          const { x, y } = cellBox(layout, index);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + layout.cellWidth).toBeLessThanOrEqual(width + 0.01);
          expect(y + layout.cellHeight).toBeLessThanOrEqual(layout.height + 0.01);
          const middle = [x + layout.cellWidth / 2, y + layout.cellHeight / 2] as const;
          expect(cellAt(layout, n, ...middle)).toBe(index);
        }
        expect(cellAt(layout, n, -5, 0)).toBeNull();
        expect(cellAt(layout, n, 0, layout.height + 50)).toBeNull();
      },
    ),
  );
});
