import { expect, test } from "vitest";
import { historySteps, midnights } from "../../web/pages/pool/history-steps.ts";

const MINUTE_MS = 60_000;
const sample = (minute: number, members: number, working = 0) => ({
  ...{ atMs: minute * MINUTE_MS, members, working, jobs: 0 },
});
const counts = (steps: { atMs: number; members: number }[]) =>
  steps.map(({ atMs, members }) => [atMs / MINUTE_MS, members]);

test("a night without samples is a night without anybody, and so is the time since the last one", () => {
  const history = [sample(0, 30), sample(5, 28), sample(600, 12), sample(605, 14)];
  expect(counts(historySteps(history, 700 * MINUTE_MS))).toEqual([
    [0, 30],
    [5, 28],
    [10, 0],
    [600, 12],
    [605, 14],
    [610, 0],
    [700, 0],
  ]);
});

test("what was there at the last sample is there until now, and older weeks are not shown", () => {
  const now = 20 * 1440;
  const steps = historySteps([sample(0, 5), sample(now - 10, 3), sample(now - 5, 4)], now * 6e4);
  expect(counts(steps)).toEqual([
    [now - 10, 3],
    [now - 5, 4],
    [now, 4],
  ]);
  expect(historySteps([sample(0, 5)], now * MINUTE_MS)).toEqual([]);
});

test("days begin at local midnight", () => {
  const from = new Date(2026, 2, 28, 15).getTime();
  const to = new Date(2026, 2, 31, 9).getTime();
  expect(midnights(from, to).map((ms) => new Date(ms).getHours())).toEqual([0, 0, 0]);
});
