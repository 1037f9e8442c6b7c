import { expect, test } from "vitest";
import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { ProgressMeter } from "../../web/owner/meter.ts";
import { job } from "../web/stories/states.ts";

/** A job of which each task stands as given. */
function standing(...tasks: [TaskView["state"], number][]): JobView {
  const view = job(tasks.map(([state]) => state));
  return {
    ...view,
    holders: view.holders.map((holder) => ({ ...holder, slots: 1, speed: null })),
    durationTicks: tasks.length * 6 * 90_000,
    tasks: view.tasks.map((task, index) => ({ ...task, progress: tasks[index]?.[1] ?? 0 })),
  };
}

/** Two tasks in work, made at `rate` of a task a second, from `fromMs` on. */
function work(meter: ProgressMeter, rate: (atMs: number) => number, ms: number) {
  const told: (number | null)[] = [];
  let made = 0;
  for (let atMs = 0; atMs <= ms && made < 2; atMs += 500) {
    made += rate(atMs) / 2;
    const [first, second] = [Math.min(1, made), Math.max(0, made - 1)];
    meter.update(standing(["leased", first], ["leased", second]), atMs);
    told.push(meter.etaSeconds);
  }
  return told;
}

test("the time left is right while the speed is even", () => {
  const told = work(new ProgressMeter(), () => 0.05, 30_000);
  for (const [index, eta] of told.entries()) {
    if (index < 4) continue;
    expect(Math.abs((eta ?? 0) - (40 - index / 2))).toBeLessThan(4);
  }
});

test("a jump of the speed moves it by degrees", () => {
  const told = work(new ProgressMeter(), (atMs) => (atMs < 10_000 ? 0.02 : 0.1), 20_000);
  const known = told.filter((eta) => eta !== null);
  const steps = known.slice(1).map((eta, index) => Math.abs(eta - (known[index] ?? 0)));
  expect(Math.max(...steps)).toBeLessThan(12);
});

test("while nothing moves no time is told, but for how long", () => {
  const meter = new ProgressMeter();
  work(meter, (atMs) => (atMs < 5_000 ? 0.05 : 0), 60_000);
  expect(meter.etaSeconds).toBeNull();
  expect(meter.stalledSeconds).toBeGreaterThan(50);
  meter.update(standing(["leased", 0.9], ["leased", 0]), 61_000);
  expect(meter.stalledSeconds).toBeNull();
  expect(meter.etaSeconds).not.toBeNull();
});

test("when only checks are left, no second is promised and nothing stands still", () => {
  const meter = new ProgressMeter();
  for (let atMs = 0; atMs <= 60_000; atMs += 500) {
    const made = Math.min(1, atMs / 10_000);
    const state = made < 1 ? "leased" : "checking";
    meter.update(standing(["done", 1], [state, made]), atMs);
  }
  expect(meter).toMatchObject({ etaSeconds: null, stalledSeconds: null });
});
