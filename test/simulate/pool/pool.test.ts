import { expect, test, vi } from "vitest";
import { LOOK_EVERY_MS } from "../../../shared/pool/limit-watch.ts";
import { job, laptops } from "./days.ts";
import { jain } from "./fairness.ts";
import { HOUR_MS, PoolWorld } from "./pool-world.ts";
import { POOL_SCENARIOS, simulatePool } from "./scenarios.ts";

vi.setConfig({ testTimeout: 120_000 });

async function run(name: string) {
  const scenario = POOL_SCENARIOS[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const row = await simulatePool(scenario(1));
  expect(row.jobs.filter(({ isReady }) => !isReady)).toEqual([]);
  const audits = row.jobs.reduce((sum, job) => sum + job.audits, 0);
  const results = row.jobs.reduce((sum, job) => sum + job.results, 0);
  return { ...row, auditShare: audits / results };
}

test("an hour by thirty known laptops is near its bound, with few audits", async () => {
  const { jobs, auditShare } = await run("hour");
  expect((jobs[0]?.tookMs ?? Number.NaN) / (jobs[0]?.aloneMs ?? 1)).toBeLessThan(1.2);
  expect(auditShare).toBeLessThan(0.05);
});

test("a short video behind a long one takes at most half longer than alone", async () => {
  const alone = (await run("short-alone")).jobs[0]?.tookMs ?? Number.NaN;
  const behind = (await run("short")).jobs.find(({ minutes }) => minutes === 5);
  expect((behind?.tookMs ?? Number.NaN) / alone).toBeLessThan(1.5);
});

test("on a school day owners that wait are served alike, and known laptops are audited rarely", async () => {
  const { fairness, auditShare } = await run("day");
  expect(Math.min(...fairness)).toBeGreaterThan(0.95);
  expect(fairness.length).toBeGreaterThan(1);
  expect(auditShare).toBeLessThan(0.05);
});

test("no laptop goes past its hours, cores or data by more than one task", async () => {
  const limits = {
    ...{ slots: 2, hours: { from: 9, to: 12 }, bytesADay: 400_000_000 },
    ...{ mainsOnly: false, idleOnly: false },
  };
  const members = laptops(12, { seed: 5, proven: 100 }).map((each) => ({ ...each, limits }));
  const jobs = Array.from({ length: 8 }, (_, index) => {
    return job(`job-${index}`, `owner-${index % 4}`, 60, (8.5 + index / 4) * HOUR_MS);
  });
  const world = new PoolWorld(members, jobs, { seed: 5, startsAtMs: 8 * HOUR_MS });
  await world.run(3.5 * HOUR_MS);
  expect(world.begun.length).toBeGreaterThan(300);
  const aLookLater = LOOK_EVERY_MS / HOUR_MS + 1e-6;
  for (const { hour, encoders, bytesToday } of world.begun) {
    expect(hour).toBeGreaterThanOrEqual(9);
    expect(hour).toBeLessThan(12 + aLookLater);
    // One more while it goes from one job to the next.
    expect(encoders).toBeLessThanOrEqual(limits.slots + 1);
    expect(bytesToday).toBeLessThan(limits.bytesADay);
  }
  const counts = [...world.mostBytes.values()];
  // A chunk and three renditions.
  expect(Math.max(...counts)).toBeLessThanOrEqual(limits.bytesADay + 9_000_000);
  expect(Math.max(...counts)).toBeGreaterThan(limits.bytesADay * 0.95);
});

test("Jain's index", () => {
  expect(jain([1, 1, 1])).toBe(1);
  expect(jain([1, 0])).toBe(0.5);
});
