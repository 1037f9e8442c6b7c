import {
  applyD1Migrations,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { SourceJobState } from "../../edge/source-jobs/source-job-state.ts";
import { createJobResponseSchema } from "../../shared/wire/api.ts";
import { call, coordinator, makeAll, plan } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const RECEIVER = "https://receiver.example/hook";
const DELIVERIES = 6;

/** A receiver that answers only the last delivery. @returns the bodies sent to it */
function lateReceiver(): string[] {
  const bodies: string[] = [];
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (String(input) !== RECEIVER) return real(input as Request, init);
    bodies.push(String(init?.body));
    return new Response(null, { status: bodies.length < DELIVERIES ? 503 : 200 });
  });
  return bodies;
}

/** A finished job that has a webhook. */
async function readyWithWebhook() {
  const webhook = { url: RECEIVER, secret: "0123456789abcdef" };
  const response = await call("/api/jobs", {
    method: "POST",
    body: JSON.stringify({ plan, webhook }),
    headers: { "content-type": "application/json" },
  });
  const job = createJobResponseSchema.parse(await response.json());
  await makeAll(job);
  return job;
}

async function keptOf(jobId: string): Promise<SourceJobState | undefined> {
  const sourceJob = env.SOURCE_JOBS.getByName(jobId);
  return runInDurableObject(sourceJob, (_, { storage }) => storage.get<SourceJobState>("kept"));
}

/** Moves the clock on and runs the alarms until the webhook is delivered or given up. */
async function letHoursPass(jobId: string, bodies: readonly string[]): Promise<void> {
  let nowMs = Date.now();
  await vi.waitUntil(
    async () => {
      const kept = await keptOf(jobId);
      nowMs = kept?.phase === "ended" ? Math.max(nowMs, kept.deliveryDueAtMs) : nowMs + 5_000;
      vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
      await runDurableObjectAlarm(coordinator(jobId));
      await runDurableObjectAlarm(env.SOURCE_JOBS.getByName(jobId));
      return bodies.length === DELIVERIES;
    },
    { timeout: 30_000, interval: 20 },
  );
}

test("every delivery says the same, also when the coordinator has long forgotten the job", async () => {
  const bodies = lateReceiver();
  const job = await readyWithWebhook();
  await letHoursPass(job.jobId, bodies);
  expect(new Set(bodies).size).toBe(1);
  expect(JSON.parse(bodies[0] ?? "")).toMatchObject({ type: "job.ready", error: null });
  expect((await keptOf(job.jobId))?.deliveredAtMs).not.toBeNull();
  // The coordinator has deleted its data.
  expect(await coordinator(job.jobId).standing()).toBeNull();
});

test("a row without its event, whose coordinator has forgotten the job, says what the catalogue says", async () => {
  const bodies = lateReceiver();
  const job = await readyWithWebhook();
  await runDurableObjectAlarm(env.SOURCE_JOBS.getByName(job.jobId));
  await runInDurableObject(env.SOURCE_JOBS.getByName(job.jobId), async (_, { storage }) => {
    const { event: _event, ...old } = (await storage.get("kept")) as SourceJobState;
    await storage.put("kept", old);
  });
  await runInDurableObject(coordinator(job.jobId), async (_, { storage }) => storage.deleteAll());
  await evictDurableObject(coordinator(job.jobId));
  expect(await coordinator(job.jobId).standing()).toBeNull();
  await letHoursPass(job.jobId, bodies);
  expect(bodies.map((body) => JSON.parse(body).type)).toEqual(
    Array.from({ length: DELIVERIES }, () => "job.ready"),
  );
});
