import { applyD1Migrations, createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { hashToken } from "../../edge/http/auth.ts";
import type { SourceJob } from "../../edge/source-jobs/source-job.ts";
import type { SourceJobState } from "../../edge/source-jobs/source-job-state.ts";
import { sealUpload } from "../../edge/storage/upload-handle.ts";
import { type CreateJobResponse, createJobResponseSchema } from "../../shared/wire/api.ts";
import {
  type CreatePoolResponse,
  createPoolResponseSchema,
  poolOverviewSchema,
} from "../../shared/wire/pool.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { makeMemberKey } from "../pool/made-key.ts";
import { LoopingHolder } from "./looping-holder.ts";
import { PoolTab, pooled, tokenOf } from "./pool-tab.ts";
import { call, eventually, made, plan, status, until } from "./scripted-holder.ts";
import { ownerWithChunks } from "./scripted-swarm.ts";

// Whole videos in storage, whose owners ask a pool: the server that reads one stages chunks for the members.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const SERVER_TOKEN = "the-server-that-reads-it";

async function newPool(): Promise<CreatePoolResponse> {
  const response = await call("/api/pools", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Media club" }),
  });
  return createPoolResponseSchema.parse(await response.json());
}

async function askWhole(pool: CreatePoolResponse, more: object = {}): Promise<Response> {
  const key = `uploads/${crypto.randomUUID()}`;
  const bytes = new Uint8Array(1_000);
  await env.MEDIA.put(key, bytes);
  const upload = sealUpload(env, {
    ...{ key, multipartId: "", name: "lesson.mp4", sizeBytes: bytes.length },
    ...{ partSizeBytes: bytes.length, expiresAtMs: Date.now() + 60_000 },
  });
  const { poolId } = pool;
  const request = new Request("http://localhost/api/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ source: { upload }, pool: { poolId, token: tokenOf(pool.askUrl) } },
      ...more,
    }),
  });
  // As a site with servers; what it calls has nobody to take it here.
  const bindings = { ...env, CONTAINER_URL: "http://container.example" } as Cloudflare.Env;
  return app.fetch(request, bindings, createExecutionContext());
}

async function wholeJob(pool: CreatePoolResponse): Promise<CreateJobResponse> {
  const response = await askWhole(pool);
  expect(response.status).toBe(201);
  return createJobResponseSchema.parse(await response.json());
}

/** As a server that was called for the source. */
async function asServer(job: CreateJobResponse): Promise<DurableObjectStub<SourceJob>> {
  const stub = env.SOURCE_JOBS.getByName(job.jobId);
  await runInDurableObject(stub, async (_sourceJob, { storage }) => {
    const kept = await storage.get<SourceJobState>("kept");
    await storage.put("kept", { ...kept, serverTokenHashes: [hashToken(SERVER_TOKEN)] });
  });
  return stub;
}

async function queue(pool: CreatePoolResponse) {
  const response = await pooled(pool, pool.operatorToken, "GET", "/overview");
  return poolOverviewSchema.parse(await response.json()).queue;
}

test("members make parts of a video that a server reads", async () => {
  const pool = await newPool();
  const tab = new PoolTab(pool, await makeMemberKey(), { outputs: made });
  const job = await wholeJob(pool);
  expect(await queue(pool)).toMatchObject([{ jobId: job.jobId, title: "lesson", endedAtMs: null }]);
  const stub = await asServer(job);
  expect(await stub.planned(SERVER_TOKEN, plan)).toBe(true);
  expect((await status(job)).pool).toMatchObject({ name: "Media club" });
  (await ownerWithChunks(job, { serverToken: SERVER_TOKEN })).close();
  const server = new LoopingHolder(job, ({ id }) => made(id), {
    identity: { role: "server", engines: ["ffmpeg-wasm"] },
    ...{ token: SERVER_TOKEN, encodeMs: 2_000, hasSource: true },
  });
  await until(job, "ready");
  const { segments } = await status(job);
  expect(segments.filter(({ role }) => role === "contributor").length).toBeGreaterThan(0);
  await eventually(async () => expect((await queue(pool))[0]?.endedAtMs).not.toBeNull());
  tab.stop();
  server.leave();
});

test("a private one needs consent; one that cannot be read, or is cancelled, waits for no pool", async () => {
  const pool = await newPool();
  const secret = await askWhole(pool, { visibility: "private" });
  expect(problemSchema.parse(await secret.json()).code).toBe("POOL_CONSENT_MISSING");
  const stub = await asServer(await wholeJob(pool));
  const error = { code: "SOURCE_NO_VIDEO", message: "", retryable: false } as const;
  expect(await stub.failed(SERVER_TOKEN, error)).toBe(true);
  const cancelled = await wholeJob(pool);
  await call(`/api/jobs/${cancelled.jobId}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${cancelled.ownerToken}` },
  });
  await eventually(async () => {
    const ends = (await queue(pool)).map(({ endedAtMs }) => endedAtMs);
    expect(ends).toHaveLength(2);
    expect(ends).not.toContain(null);
  });
});

test("one that became private while it was read is kept from the pool", async () => {
  const pool = await newPool();
  const job = await wholeJob(pool);
  await call(`/api/videos/${job.jobId}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${job.ownerToken}`, "content-type": "application/json" },
    body: JSON.stringify({ visibility: "private" }),
  });
  const stub = await asServer(job);
  expect(await stub.planned(SERVER_TOKEN, plan)).toBe(true);
  expect((await status(job)).pool).toBeNull();
  await eventually(async () => expect((await queue(pool))[0]?.endedAtMs).not.toBeNull());
});
