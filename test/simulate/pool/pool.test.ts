import { expect, test, vi } from "vitest";
import { jain } from "./fairness.ts";
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

test("Jain's index", () => {
  expect(jain([1, 1, 1])).toBe(1);
  expect(jain([1, 0])).toBe(0.5);
});
