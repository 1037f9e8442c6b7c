import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Task } from "../../shared/job/job.ts";
import { type Habits, LoopingHolder, STEPS } from "./looping-holder.ts";
import { createJob, made, status } from "./scripted-holder.ts";
import { ENGINE, ownerWithChunks, share } from "./scripted-swarm.ts";

// Real coordinator, gate and storage. Holders lose their connection at each step of a lease.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const CUTS = 3;

async function jobForHelpers() {
  const job = await createJob();
  const owner = await ownerWithChunks(job);
  // Without verification, so that helpers can finish the job without the owner.
  owner.send({ type: "settings", settings: { verify: "off" } });
  const token = await share(job);
  owner.close();
  const helper = (onStep?: Habits["onStep"]) =>
    new LoopingHolder(job, ({ id }: Task) => made(id), {
      identity: { role: "contributor", engines: [ENGINE] },
      token,
      encodeMs: 50,
      ...(onStep && { onStep }),
    });
  const outcome = async () => {
    const { state, warnings, tasks } = await status(job);
    return { state, warnings, failed: tasks.filter(({ attempts }) => attempts > 0) };
  };
  return { helper, outcome };
}

test.each(STEPS)(
  "a connection that breaks again and again while %s costs nothing",
  async (step) => {
    const { helper, outcome } = await jobForHelpers();
    let cuts = 0;
    const holder = helper((at, self) => {
      if (at !== step || cuts === CUTS) return;
      cuts += 1;
      self.cut();
    });
    await holder.ended();
    expect(await outcome()).toEqual({ state: "ready", warnings: [], failed: [] });
    expect(cuts).toBe(CUTS);
    expect(holder.ends.filter(({ state }) => state !== "accepted")).toEqual([]);
  },
);

test.each(STEPS)(
  "a helper that is gone for good while %s: another one does its task",
  async (step) => {
    const { helper, outcome } = await jobForHelpers();
    const gone = helper((at, self) => {
      if (at === step) self.leave();
    });
    await gone.ended();
    expect(gone.accepted).toBe(0);
    await helper().ended();
    expect(await outcome()).toEqual({ state: "ready", warnings: [], failed: [] });
  },
);
