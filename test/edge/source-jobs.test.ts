import { applyD1Migrations, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { hashToken, newJobId } from "../../edge/http/auth.ts";
import type { SourceJob } from "../../edge/source-jobs/source-job.ts";
import {
  called,
  delivered,
  dueAtMs,
  ended,
  isOver,
  needsServer,
  owesWebhook,
  prepareFailed,
  type SourceJobState,
} from "../../edge/source-jobs/source-job-state.ts";
import { askJob } from "../../edge/source-jobs/source-job-stub.ts";
import { openUpload, sealUpload } from "../../edge/storage/upload-handle.ts";
import { DEFAULT_JOB_SETTINGS } from "../../shared/job/job.ts";
import { call, coordinator, plan } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

function stateWith(patch: Partial<SourceJobState> = {}): SourceJobState {
  return {
    jobId: "0".repeat(20),
    origin: "https://tributary.example",
    ownerTokenHash: "",
    createdAtMs: START_MS,
    settings: DEFAULT_JOB_SETTINGS,
    source: { key: "uploads/x", name: "x.mp4", sizeBytes: 1, ladder: null },
    pool: null,
    phase: "preparing",
    calls: 0,
    callDueAtMs: START_MS,
    serverTokenHashes: [],
    error: null,
    failures: 0,
    endedAtMs: null,
    webhook: { url: "https://example.org/hook", secret: "0123456789abcdef" },
    event: null,
    deliveries: [],
    deliveredAtMs: null,
    deliveryDueAtMs: 0,
    ...patch,
  };
}

describe("a whole video in storage", () => {
  test("a call that nobody hears of is made again, one that is heard of is not", () => {
    const once = called(stateWith(), "hash", START_MS);
    expect(needsServer(once, null, START_MS + MINUTE_MS)).toBe(false);
    expect(needsServer(once, null, START_MS + 5 * MINUTE_MS)).toBe(true);
  });

  test("a server that left with work undone is followed by another", () => {
    const running = stateWith({ phase: "running", callDueAtMs: START_MS });
    const gone = { state: "running" as const, hasSource: false, tasksNeedingSource: 3 };
    expect(needsServer(running, gone, START_MS)).toBe(true);
    expect(needsServer(running, { ...gone, hasSource: true }, START_MS)).toBe(false);
    expect(needsServer(running, { ...gone, tasksNeedingSource: 0 }, START_MS)).toBe(false);
  });

  test("what may work again is tried three times, what never will once", () => {
    const error = { code: "DOWNLOAD_FAILED" as const, message: "", retryable: true };
    const first = prepareFailed(stateWith(), error, START_MS);
    expect(first).toMatchObject({ phase: "preparing", callDueAtMs: START_MS + 30_000 });
    const third = prepareFailed(prepareFailed(first, error, START_MS), error, START_MS);
    expect(third).toMatchObject({ phase: "ended", error: { code: "DOWNLOAD_FAILED" } });
    const final = { code: "SOURCE_NO_VIDEO" as const, message: "", retryable: false };
    expect(prepareFailed(stateWith(), final, START_MS).phase).toBe("ended");
  });
});

/** A row without a version, as commit f8b1c7c wrote it. The job's id and tokens are this test's. */
const ROW_OF_F8B1C7C = {
  origin: "https://tributary.example",
  createdAtMs: START_MS,
  settings: { stageAll: false, servers: "always", verify: "adaptive" },
  source: {
    key: "uploads/b3gk1r3vmk7k5a8w2c9d",
    name: "x.mp4",
    sizeBytes: 7_340_032,
    ladder: [{ shortSide: 480, kilobitsPerSecond: 1200 }],
  },
  webhook: { url: "https://example.org/hook", secret: "0123456789abcdef" },
  phase: "preparing",
  calls: 1,
  callDueAtMs: START_MS + 240_000,
  error: null,
  failures: 1,
  endedAtMs: null,
  deliveries: [],
  deliveredAtMs: null,
  deliveryDueAtMs: 0,
};

describe("a row that another version stored", () => {
  async function sourceJobWith(more: Record<string, unknown>) {
    const jobId = newJobId();
    const sourceJob = env.SOURCE_JOBS.getByName(jobId);
    const hashes = {
      ownerTokenHash: hashToken("owner"),
      serverTokenHashes: [hashToken("server")],
    };
    await runInDurableObject(sourceJob, (_sourceJob, { storage }) =>
      storage.put("kept", { jobId, ...ROW_OF_F8B1C7C, ...hashes, ...more }),
    );
    return sourceJob;
  }
  const stored = (sourceJob: DurableObjectStub<SourceJob>) =>
    runInDurableObject(sourceJob, (_sourceJob, { storage }) => storage.get("kept"));

  test("is read and goes on; it is kept with its version from then on", async () => {
    const sourceJob = await sourceJobWith({});
    const { name } = ROW_OF_F8B1C7C.source;
    expect(await sourceJob.status()).toMatchObject({ state: "planned", name });
    expect(await sourceJob.webhook("owner")).toEqual({
      url: ROW_OF_F8B1C7C.webhook.url,
      deliveredAtMs: null,
      attempts: [],
    });
    const error = { code: "DOWNLOAD_FAILED", message: "", retryable: true } as const;
    expect(await sourceJob.failed("server", error)).toBe(true);
    expect(await stored(sourceJob)).toMatchObject({
      ...ROW_OF_F8B1C7C,
      schemaVersion: 1,
      failures: 2,
      callDueAtMs: expect.any(Number),
    });
  });

  test("is refused where a newer version wrote it, and where a field has another shape", async () => {
    for (const [field, value] of [
      ["schemaVersion", 2],
      ["phase", "paused"],
    ] as const) {
      const sourceJob = await sourceJobWith({ [field]: value });
      await runInDurableObject(sourceJob, (instance) =>
        expect(instance.status()).rejects.toThrow(`cannot be read: kept, ${field}.`),
      );
      expect(await stored(sourceJob)).toHaveProperty(field, value);
    }
  });
});

describe("a job that goes from its source job to its coordinator", () => {
  async function kept() {
    const jobId = newJobId();
    const sourceJob = env.SOURCE_JOBS.getByName(jobId);
    const { origin, settings, source, webhook } = stateWith();
    const ownerTokenHash = hashToken("owner");
    await sourceJob.begin({ jobId, origin, ownerTokenHash, settings, source, webhook });
    await runInDurableObject(sourceJob, async (_sourceJob, { storage }) => {
      const now = await storage.get<SourceJobState>("kept");
      await storage.put("kept", { ...now, serverTokenHashes: [hashToken("server")] });
    });
    return { jobId, sourceJob };
  }

  test("is found by all who ask, before and after", async () => {
    const { jobId, sourceJob } = await kept();
    for (const phase of ["preparing", "planned"]) {
      if (phase === "planned") expect(await sourceJob.planned("server", plan)).toBe(true);
      const answers = await Promise.all(
        [`/api/jobs/${jobId}`, `/coordinator-status?jobGroupId=${jobId}`].map((path) => call(path)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const [, counts] = await Promise.all(answers.map((answer) => answer.json()));
      const total = phase === "preparing" ? 0 : plan.tasks.length;
      expect(counts).toMatchObject({ jobGroupId: jobId, tasks: { total } });
    }
  });

  test("is found where it goes just between the two questions", async () => {
    const { jobId, sourceJob } = await kept();
    const found = await askJob(
      () => coordinator(jobId).summary(),
      async () => {
        await sourceJob.planned("server", plan);
        return sourceJob.summary();
      },
    );
    expect(found).toMatchObject({ jobGroupId: jobId, tasks: { total: plan.tasks.length } });
  });

  test("is cancelled by its owner, and by nobody else, wherever it is", async () => {
    for (const phase of ["preparing", "planned"]) {
      const { jobId, sourceJob } = await kept();
      if (phase === "planned") await sourceJob.planned("server", plan);
      const cancel = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await call(`/api/jobs/${jobId}`, { method: "DELETE", headers })).status;
      };
      expect(await cancel("somebody")).not.toBe(204);
      expect(await cancel("owner")).toBe(204);
      expect(await (await call(`/api/jobs/${jobId}`)).json()).toMatchObject({ state: "cancelled" });
    }
  });
});

describe("a webhook", () => {
  const READY = { state: "ready", error: null } as const;

  test("is tried again with growing waits, then given up; an answer of 2xx ends it", () => {
    let kept = ended(stateWith(), READY, START_MS);
    let nowMs = START_MS;
    const waits: number[] = [];
    while (owesWebhook(kept)) {
      const dueMs = dueAtMs(kept, nowMs);
      waits.push(dueMs - nowMs);
      nowMs = dueMs;
      kept = delivered(kept, 500, nowMs);
    }
    expect(waits).toEqual([0, 10_000, 60_000, 300_000, 1_800_000, 7_200_000]);
    expect(isOver(kept, nowMs + 2 * 3_600_000)).toBe(true);
    const told = delivered(ended(stateWith(), READY, START_MS), 204, START_MS);
    expect(owesWebhook(told)).toBe(false);
    expect(told.deliveredAtMs).toBe(START_MS);
  });
});

describe("an upload's handle", () => {
  const upload = {
    key: "uploads/x",
    multipartId: "m",
    name: "x.mp4",
    sizeBytes: 10,
    partSizeBytes: 5,
    expiresAtMs: START_MS + MINUTE_MS,
  };

  test("opens what was sealed, and nothing that was changed or is too old", () => {
    const handle = sealUpload(env, upload);
    expect(openUpload(env, handle, START_MS)).toEqual(upload);
    expect(() => openUpload(env, handle, START_MS + MINUTE_MS)).toThrow("too old");
    const [, signature] = handle.split(".");
    const other = Buffer.from(JSON.stringify({ ...upload, key: "v/other" })).toString("base64url");
    expect(() => openUpload(env, `${other}.${signature}`, START_MS)).toThrow("not known");
    const guessed = createHmac("sha256", "guess").update(other).digest("base64url");
    expect(() => openUpload(env, `${other}.${guessed}`, START_MS)).toThrow("not known");
    expect(() => openUpload(env, "nonsense", START_MS)).toThrow("not known");
  });
});
