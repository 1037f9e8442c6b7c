import { expect, test } from "vitest";
import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { ProgressMeter } from "../../web/owner/meter.ts";
import { job } from "../web/stories/states.ts";

/** A job whose tasks have these states and shares of progress. */
function standing(...tasks: [TaskView["state"], number][]): JobView {
  const view = job(tasks.map(([state]) => state));
  return {
    ...view,
    holders: view.holders.map((holder) => ({ ...holder, slots: 1, speed: null })),
    durationTicks: tasks.length * 6 * 90_000,
    tasks: view.tasks.map((task, index) => ({ ...task, progress: tasks[index]?.[1] ?? 0 })),
  };
}

/**
 * Feeds the meter for `ms` with two tasks at work.
 * @param rate tasks per second at a time
 * @returns the times left that the meter gave
 */
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
    if (index < 16) continue;
    expect(Math.abs((eta ?? 0) - (40 - index / 2))).toBeLessThan(4);
  }
});

test("what a helper made counts until the owner has made it a second time", () => {
  const meter = new ProgressMeter();
  const [owner] = standing(["done", 1]).holders;
  if (owner === undefined) throw new Error("no owner");
  const helper = { ...owner, id: "phone", role: "contributor" as const, trust: "new" as const };
  const told: number[] = [];
  // The owner and a helper make one task each. The helper's is then audited here at the same speed: 20 s and 20 s.
  for (let atMs = 0; atMs < 40_000; atMs += 500) {
    const made = Math.min(1, atMs / 20_000);
    const audited = Math.max(0, atMs / 20_000 - 1);
    const state = made < 1 ? "leased" : "checking";
    const view = standing([made < 1 ? "leased" : "done", made], [state, made]);
    const [own, theirs] = view.tasks;
    if (own === undefined || theirs === undefined) throw new Error("no tasks");
    const job = {
      ...view,
      holders: [owner, helper],
      tasks: [own, { ...theirs, holder: "phone" }],
    };
    const live = new Map(made < 1 ? [[own.id, made]] : [[theirs.id, audited]]);
    meter.update(job, atMs, live);
    const truth = 40 - atMs / 1000;
    if (atMs >= 7_000) told.push(Math.abs((meter.etaSeconds ?? 0) - truth) / Math.max(10, truth));
    expect(meter.share).toBeLessThan(1);
  }
  expect(Math.max(...told)).toBeLessThan(0.5);
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

test("while audio alone is left it moves, and its time is told", () => {
  const meter = new ProgressMeter();
  work(meter, () => 0.05, 40_000);
  const told: (number | null)[] = [];
  for (let atMs = 40_500; atMs < 70_000; atMs += 500) {
    const view = standing(["done", 1], ["done", 1]);
    const progress = (atMs - 40_500) / 30_000;
    const tasks = view.tasks.map((task) =>
      task.kind === "audio" ? { ...task, state: "leased" as const, progress } : task,
    );
    expect(tasks.some(({ kind }) => kind === "audio")).toBe(true);
    const holders = view.holders.map((holder) => ({ ...holder, speed: 0.3 }));
    meter.update({ ...view, holders, tasks }, atMs);
    expect(meter.stalledSeconds).toBeNull();
    told.push(meter.etaSeconds);
  }
  expect(told).not.toContain(null);
  // Audio is a small share of the work, so the time left is short.
  expect(Math.max(...told.map((each) => each ?? 0))).toBeLessThan(10);
});

test("the time in which encoders are loaded says nothing of their speed", () => {
  // No progress for two seconds, then a task in ten.
  const told = work(new ProgressMeter(), (atMs) => (atMs < 2_000 ? 0.001 : 0.2), 10_000);
  const known = told.map((eta, index) => ({ eta, truth: 12 - index / 2 }));
  expect(known.filter(({ eta }) => eta !== null).length).toBeGreaterThan(8);
  for (const { eta, truth } of known) {
    if (eta !== null) expect(Math.abs(eta - truth)).toBeLessThan(4);
  }
});

test("parts made before Start jump into place, and say nothing of the speed", () => {
  const meter = new ProgressMeter(new Set(["v-0"]));
  for (let atMs = 0; atMs <= 30_000; atMs += 500) {
    // The first task is done at once. The second one takes 60 s.
    meter.update(standing(["done", 1], ["leased", atMs / 60_000]), atMs);
  }
  expect(meter.etaSeconds ?? 0).toBeGreaterThan(25);
  expect(meter.etaSeconds ?? 0).toBeLessThan(36);
});

test("an encoder that shows nothing while it looks ahead is not taken for a slow one", () => {
  const meter = new ProgressMeter();
  const told: { eta: number | null; truth: number }[] = [];
  // Six tasks of 10 s in a row. None shows progress in its first 4 s.
  for (let atMs = 0; atMs < 60_000; atMs += 500) {
    const at = Math.floor(atMs / 10_000);
    const share = (atMs % 10_000) / 10_000;
    const shown = share < 0.4 ? 0 : share;
    const tasks = Array.from({ length: 6 }, (_, index): [TaskView["state"], number] => {
      if (index < at) return ["done", 1];
      return index === at ? ["leased", shown] : ["ready", 0];
    });
    meter.update(standing(...tasks), atMs);
    told.push({ eta: meter.etaSeconds, truth: 60 - atMs / 1000 });
  }
  const known = told.filter(({ eta }) => eta !== null);
  expect(known.length).toBeGreaterThan(100);
  for (const { eta, truth } of known) {
    expect(Math.abs((eta ?? 0) - truth)).toBeLessThan(Math.max(3, 0.2 * truth));
  }
});

test("somebody who tells seldom how far they are counts as they are likely to be", () => {
  const meter = new ProgressMeter();
  const errors: number[] = [];
  // Two tasks of 40 s at the same time. The server reports its progress every ten seconds.
  for (let atMs = 0; atMs < 38_000; atMs += 500) {
    const view = standing(["leased", atMs / 40_000], ["leased", Math.floor(atMs / 10_000) / 4]);
    const [owner] = view.holders;
    if (owner === undefined) throw new Error("no owner");
    const server = { ...owner, id: "server", role: "server" as const };
    const tasks = view.tasks.map((task, index) => ({
      ...task,
      ...(index === 1 && { holder: "server" }),
    }));
    meter.update({ ...view, holders: [owner, server], tasks }, atMs);
    const eta = meter.etaSeconds;
    if (eta !== null && atMs > 14_000) errors.push(Math.abs(eta - (41 - atMs / 1000)));
  }
  expect(errors.length).toBeGreaterThan(40);
  expect(Math.max(...errors)).toBeLessThan(4);
});

test("somebody who tells less often than that is not taken for standing still", () => {
  const meter = new ProgressMeter();
  const told: number[] = [];
  // Ten minutes of work, with progress reported twice a minute.
  for (let atMs = 0; atMs < 500_000; atMs += 500) {
    meter.update(standing(["leased", Math.floor(atMs / 30_000) / 20]), atMs);
    const eta = meter.etaSeconds;
    if (eta !== null && atMs > 120_000) told.push(eta / (600 - atMs / 1000));
  }
  expect(told.length).toBeGreaterThan(300);
  expect(Math.min(...told)).toBeGreaterThan(0.6);
  expect(Math.max(...told)).toBeLessThan(1.6);
});
