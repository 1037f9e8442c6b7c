import { applyD1Migrations, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { hashToken, newJobId, newToken } from "../../edge/http/auth.ts";
import worker from "../../edge/index.ts";
import { presignPut } from "../../edge/storage/presign.ts";
import { openUpload } from "../../edge/storage/upload-handle.ts";
import { DEFAULT_JOB_SETTINGS } from "../../shared/job/job.ts";
import { outputPrefix } from "../../shared/job/object-keys.ts";
import {
  type CreateJobResponse,
  completeUploadResponseSchema,
  createUploadResponseSchema,
  uploadPartsResponseSchema,
} from "../../shared/wire/api.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import {
  call,
  coordinator,
  createJob,
  eventually,
  hashed,
  made,
  plan,
  putAll,
  status,
  until,
} from "./scripted-holder.ts";
import { ownerWithChunks } from "./scripted-swarm.ts";

// Compares the whole bucket and both tables before and after. Objects and rows that nobody will read any more are
// deleted, however and whenever they were written.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

async function keys(): Promise<string[]> {
  const { objects, truncated } = await env.MEDIA.list();
  if (truncated) throw new Error("There are too many objects for one page.");
  return objects.map(({ key }) => key).sort();
}

/** Ids in both tables. */
async function rows(): Promise<{ videos: string[]; owners: string[] }> {
  const [videos, owners] = await env.CATALOG.batch<{ id: string }>([
    env.CATALOG.prepare("SELECT id FROM videos ORDER BY id"),
    env.CATALOG.prepare("SELECT id FROM video_owners ORDER BY id"),
  ]);
  const ids = (of: D1Result<{ id: string }> | undefined) => of?.results.map(({ id }) => id) ?? [];
  return { videos: ids(videos), owners: ids(owners) };
}

/** Moves the clock on by a little more than an hour, and runs the alarm that is due then. */
async function anHourLater({ jobId }: CreateJobResponse): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
  await runDurableObjectAlarm(coordinator(jobId));
}

function asOwner(job: CreateJobResponse, method: string, path: string): Promise<Response> {
  return call(path, { method, headers: { authorization: `Bearer ${job.ownerToken}` } });
}

/** A signed PUT for bytes that are no result. Its URL is valid for some minutes. */
async function signedPut({ jobId }: CreateJobResponse) {
  const [first] = made(plan.tasks[0]?.id ?? "");
  if (first === undefined) throw new Error("There is nothing that was made.");
  const { base64: _, ...facts } = first;
  const bytes = crypto.getRandomValues(new Uint8Array(1_000));
  const { md5, sizeBytes } = await hashed(facts, bytes);
  const key = `${outputPrefix(jobId)}v144/${crypto.randomUUID()}.m4s`;
  const put = { sizeBytes, md5, contentType: "video/iso.segment" };
  const { url, headers } = await presignPut(env, "http://localhost", key, put);
  return async () => {
    const response = await fetch(url, { method: "PUT", headers, body: bytes });
    if (!response.ok) throw new Error(`PUT: ${response.status}`);
    return key;
  };
}

/** A job with all its chunks, an accepted result, and one that was uploaded and never committed. */
async function busyJob() {
  const job = await createJob();
  const owner = await ownerWithChunks(job);
  await owner.deliver(await owner.grant(), undefined);
  const late = await owner.grant();
  const outputs = made(late.task.id);
  await putAll(await owner.offer(late.leaseId, outputs), outputs);
  expect((await keys()).filter((key) => key.includes(job.jobId)).length).toBeGreaterThan(
    plan.tasks.length,
  );
  return { job, owner, late };
}

async function readyJob(): Promise<CreateJobResponse> {
  const { job, owner, late } = await busyJob();
  owner.send({ type: "release", leaseId: late.leaseId });
  await owner.workToTheEnd();
  await until(job, "ready");
  return job;
}

test("a cancelled job leaves nothing, nor does what is uploaded after", async () => {
  const before = { objects: await keys(), rows: await rows() };
  const { job } = await busyJob();
  const put = await signedPut(job);
  expect((await asOwner(job, "DELETE", `/api/jobs/${job.jobId}`)).status).toBe(204);
  await eventually(async () => expect(await keys()).toEqual(before.objects));
  await put();
  await anHourLater(job);
  await eventually(async () => {
    expect({ objects: await keys(), rows: await rows() }).toEqual(before);
  });
});

test("a job that failed leaves its row, which says so, and nothing in storage", async () => {
  const before = { objects: await keys(), rows: await rows() };
  const { job, owner, late } = await busyJob();
  const failure = { code: "DECODE_FAILED", retryable: false, message: "Broken." } as const;
  owner.send({ type: "fail", leaseId: late.leaseId, ...failure });
  await until(job, "failed");
  await (await signedPut(job))();
  await anHourLater(job);
  await eventually(async () => expect(await keys()).toEqual(before.objects));
  const { videos, owners } = await rows();
  expect(videos).toEqual([...before.rows.videos, job.jobId].sort());
  expect(owners).toEqual([...before.rows.owners, job.jobId].sort());
  expect((await asOwner(job, "DELETE", `/api/videos/${job.jobId}`)).status).toBe(204);
  expect(await rows()).toEqual(before.rows);
});

test("a job that nobody goes on with for a day is over, and leaves nothing in storage", async () => {
  const before = await keys();
  const { job, owner } = await busyJob();
  owner.close();
  await eventually(async () => {
    expect((await status(job)).holders.every(({ connected }) => !connected)).toBe(true);
  });
  const stored = (await keys()).filter((key) => key.startsWith("chunks/"));
  await env.MEDIA.delete(stored);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_000 });
  for (let hour = 0; hour < 27; hour += 1) {
    vi.setSystemTime(Date.now() + 3_600_000);
    await runDurableObjectAlarm(coordinator(job.jobId));
  }
  await eventually(async () => expect(await keys()).toEqual(before));
});

test("a finished video keeps what its record names, and no chunk, no other result", async () => {
  const before = await keys();
  const job = await readyJob();
  const put = await signedPut(job);
  const stray = await put();
  await anHourLater(job);
  await eventually(async () => expect(await keys()).not.toContain(stray));
  vi.useRealTimers();
  const left = (await keys()).filter((key) => !before.includes(key));
  expect(left.filter((key) => key.startsWith("chunks/"))).toEqual([]);
  const check = await asOwner(job, "GET", `/api/videos/${job.jobId}/check`);
  const { ok, objects } = (await check.json()) as { ok: boolean; objects: { path: string }[] };
  expect(ok).toBe(true);
  const named = objects.map(({ path }) => outputPrefix(job.jobId) + path);
  const others = left.filter((key) => !named.includes(key));
  expect(others.every((key) => key.startsWith("records/"))).toBe(true);
  await asOwner(job, "DELETE", `/api/videos/${job.jobId}`);
  expect(await keys()).toEqual(before);
});

test("a deleted video does not come back by a URL that was signed before", async () => {
  const before = { objects: await keys(), rows: await rows() };
  const job = await readyJob();
  const put = await signedPut(job);
  expect((await asOwner(job, "DELETE", `/api/videos/${job.jobId}`)).status).toBe(204);
  expect({ objects: await keys(), rows: await rows() }).toEqual(before);
  const stray = await put();
  expect(await keys()).toContain(stray);
  await anHourLater(job);
  expect({ objects: await keys(), rows: await rows() }).toEqual(before);
  // The coordinator has no data left and no alarm set.
  const { alarm, kept } = await runInDurableObject(coordinator(job.jobId), async (_, ctx) => {
    return { alarm: await ctx.storage.getAlarm(), kept: [...ctx.storage.kv.list()] };
  });
  expect({ alarm, kept }).toEqual({ alarm: null, kept: [] });
});

let clients = 0;

async function post(path: string, body: unknown): Promise<Response> {
  clients += 1;
  return call(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "cf-connecting-ip": `uploader-${clients}` },
  });
}

/** An upload of 9 MiB in two parts. */
async function begunUpload() {
  const sizeBytes = 9 * 1024 ** 2;
  const response = await post("/api/uploads", { name: "a.mp4", sizeBytes });
  const { upload, partSizeBytes } = createUploadResponseSchema.parse(await response.json());
  const bytes = [new Uint8Array(partSizeBytes), new Uint8Array(sizeBytes - partSizeBytes)];
  const urls = async (parts: number[]) => {
    const signed = await post("/api/uploads/parts", { upload, parts });
    return uploadPartsResponseSchema.parse(await signed.json()).parts.map(({ url }) => url);
  };
  const put = async (part: number, body = bytes[part - 1] ?? new Uint8Array(0)) => {
    const [url = ""] = await urls([part]);
    const answer = await fetch(url, { method: "PUT", body });
    await answer.arrayBuffer();
    return { status: answer.status, etag: answer.headers.get("etag") ?? "" };
  };
  const completed = async () => {
    const parts = [];
    for (const part of [1, 2]) parts.push({ part, etag: (await put(part)).etag });
    const answer = await post("/api/uploads/complete", { upload, parts });
    completeUploadResponseSchema.parse(await answer.json());
    return openUpload(env, upload, Date.now()).key;
  };
  return { upload, put, completed };
}

test("an upload that is abandoned, or thrown away, leaves no object", async () => {
  const before = await keys();
  const abandoned = await begunUpload();
  expect((await abandoned.put(1)).status).toBe(200);
  const aborted = await begunUpload();
  expect((await aborted.put(1)).status).toBe(200);
  expect((await post("/api/uploads/abort", { upload: aborted.upload })).status).toBe(204);
  const whole = await begunUpload();
  const key = await whole.completed();
  expect(await keys()).toEqual([...before, key].sort());
  expect((await post("/api/uploads/abort", { upload: whole.upload })).status).toBe(204);
  expect(await keys()).toEqual(before);
});

test("a part has just the bytes that were declared, and no upload has more parts", async () => {
  const before = await keys();
  const { upload, put } = await begunUpload();
  expect((await put(1)).status).toBe(200);
  for (const body of [new Uint8Array(8 * 1024 ** 2 + 1), new Uint8Array(5 * 1024 ** 2)]) {
    // 403, or 500 from the local endpoint for a large body.
    expect((await put(1, body)).status).toBeGreaterThanOrEqual(403);
    expect((await put(2, body)).status).toBeGreaterThanOrEqual(403);
  }
  const beyond = await post("/api/uploads/parts", { upload, parts: [1, 3] });
  expect(problemSchema.parse(await beyond.json()).code).toBe("REQUEST_INVALID");
  expect(await keys()).toEqual(before);
});

test("an upload that nobody made a job of is thrown away after ten days, and no younger one", async () => {
  const before = await keys();
  const key = await (await begunUpload()).completed();
  const day = 24 * 3_600_000;
  for (const [days, left] of [
    [9, [...before, key].sort()],
    [11, before],
  ] as const) {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * day });
    await worker.scheduled({} as never, env);
    vi.useRealTimers();
    expect(await keys()).toEqual(left);
  }
});

test("a source of the API goes with its job: cancelled, deleted, or an hour after it failed", async () => {
  const before = { objects: await keys(), rows: await rows() };
  const sourceJobFor = async (jobId: string, ownerToken: string) => {
    const key = await (await begunUpload()).completed();
    const stub = env.SOURCE_JOBS.getByName(jobId);
    const hash = hashToken(ownerToken);
    const insert = "INSERT INTO video_owners (id, owner_token_hash) VALUES (?, ?)";
    await env.CATALOG.prepare(insert).bind(jobId, hash).run();
    await stub.begin({
      ...{ jobId, origin: "http://localhost", ownerTokenHash: hash, webhook: null },
      settings: DEFAULT_JOB_SETTINGS,
      source: { key, name: "a.mp4", sizeBytes: 9 * 1024 ** 2, ladder: null },
    });
    return { stub, key };
  };
  const cancelled = { id: newJobId(), token: newToken() };
  const first = await sourceJobFor(cancelled.id, cancelled.token);
  const cancel = { method: "DELETE", headers: { authorization: `Bearer ${cancelled.token}` } };
  expect((await call(`/api/jobs/${cancelled.id}`, cancel)).status).toBe(204);
  expect(await keys()).not.toContain(first.key);

  const deleted = { id: newJobId(), token: newToken() };
  const second = await sourceJobFor(deleted.id, deleted.token);
  const headers = { authorization: `Bearer ${deleted.token}` };
  expect((await call(`/api/videos/${deleted.id}`, { method: "DELETE", headers })).status).toBe(204);
  expect(await keys()).not.toContain(second.key);

  const failed = { id: newJobId(), token: newToken() };
  const third = await sourceJobFor(failed.id, failed.token);
  await runInDurableObject(third.stub, async (_, { storage }) => {
    const error = { code: "SOURCE_NO_VIDEO", message: "No video." };
    const row = (await storage.get<object>("kept")) ?? {};
    await storage.put("kept", { ...row, phase: "ended", error, endedAtMs: Date.now() });
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(third.stub);
  expect(await keys()).toContain(third.key);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
  for (const { stub } of [first, second, third]) await runDurableObjectAlarm(stub);
  vi.useRealTimers();
  expect({ objects: await keys(), rows: await rows() }).toEqual(before);
});
