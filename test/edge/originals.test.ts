import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { backupOf, overviewOf } from "../../edge/catalog/operator.ts";
import { openUpload } from "../../edge/storage/upload-handle.ts";
import { originalKey } from "../../shared/job/object-keys.ts";
import {
  type CreateJobResponse,
  createUploadResponseSchema,
  videoSchema,
} from "../../shared/wire/api.ts";
import { call, createJob, makeAll } from "./scripted-holder.ts";

// The file that a video was made from, kept beside it: who may download it, and when it is deleted.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const NAME = "Lesson – take 2.mov";
const BYTES = new TextEncoder().encode("the original, byte by byte");

async function ask(path: string, token: string | null, init: RequestInit = {}): Promise<Response> {
  const auth = token === null ? {} : { authorization: `Bearer ${token}` };
  return call(path, { ...init, headers: { ...auth, ...(init.headers as object) } });
}

function post(path: string, token: string | null, body: object): Promise<Response> {
  return ask(path, token, { method: "POST", body: JSON.stringify(body) });
}

async function begin({ jobId, ownerToken }: CreateJobResponse) {
  const body = { name: NAME, sizeBytes: BYTES.length };
  const response = await post(`/api/videos/${jobId}/original`, ownerToken, body);
  expect(response.status).toBe(201);
  return createUploadResponseSchema.parse(await response.json());
}

/** Uploads the file as one part, as a presigned PUT would. */
async function sent(upload: string, bytes = BYTES): Promise<{ part: number; etag: string }[]> {
  const { key, multipartId } = openUpload(env, upload, Date.now(), "");
  const { etag } = await env.MEDIA.resumeMultipartUpload(key, multipartId).uploadPart(1, bytes);
  return [{ part: 1, etag }];
}

async function kept(job: CreateJobResponse): Promise<void> {
  const { upload } = await begin(job);
  const body = { upload, parts: await sent(upload) };
  const path = `/api/videos/${job.jobId}/original/complete`;
  expect(await (await post(path, job.ownerToken, body)).json()).toEqual({
    sizeBytes: BYTES.length,
  });
  // The request may be repeated, as after a lost answer.
  expect((await post(path, job.ownerToken, body)).status).toBe(200);
}

async function seen({ jobId }: CreateJobResponse, token: string | null) {
  return videoSchema.parse(await (await ask(`/api/videos/${jobId}`, token)).json());
}

async function change({ jobId, ownerToken }: CreateJobResponse, patch: object): Promise<void> {
  const init = { method: "PATCH", body: JSON.stringify(patch) };
  expect((await ask(`/api/videos/${jobId}`, ownerToken, init)).status).toBe(200);
}

test("the owner has it back, whole and in parts, under its name; others only where the owner wants it", async () => {
  const job = await createJob();
  // The original is kept while the video is still being made.
  await kept(job);
  await makeAll(job);
  const path = `/api/videos/${job.jobId}/original`;
  const own = await ask(path, job.ownerToken);
  expect(own.headers.get("content-disposition")).toBe(
    `attachment; filename="Lesson _ take 2.mov"; filename*=UTF-8''Lesson%20%E2%80%93%20take%202.mov`,
  );
  expect(own.headers.get("content-type")).toBe("application/octet-stream");
  expect(new Uint8Array(await own.arrayBuffer())).toEqual(BYTES);
  const part = await ask(path, job.ownerToken, { headers: { range: "bytes=4-11" } });
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
    ...[206, `bytes 4-11/${BYTES.length}`, "original"],
  ]);
  expect((await ask(path, job.ownerToken, { headers: { range: "bytes=999-" } })).status).toBe(416);
  expect((await ask(path, null)).status).toBe(403);
  const original = { sizeBytes: BYTES.length };
  expect(await seen(job, job.ownerToken)).toMatchObject({ original, originalForAll: false });
  expect(await seen(job, null)).toMatchObject({ original: null, downloads: false });
  expect(await seen(job, null)).not.toHaveProperty("originalForAll");

  await change(job, { originalForAll: true, downloads: true });
  expect(await seen(job, null)).toMatchObject({ original, downloads: true });
  expect((await ask(path, null)).status).toBe(200);
  await change(job, { visibility: "private" });
  expect((await ask(path, null)).status).toBe(404);
});

test("nobody but the owner keeps one, and an upload of another video is none", async () => {
  const [job, other] = [await createJob(), await createJob()];
  const body = { name: NAME, sizeBytes: BYTES.length };
  const path = `/api/videos/${job.jobId}/original`;
  expect((await post(path, null, body)).status).toBe(401);
  expect((await post(path, other.ownerToken, body)).status).toBe(403);
  const { upload } = await begin(other);
  const complete = { upload, parts: await sent(upload) };
  expect((await post(`${path}/complete`, job.ownerToken, complete)).status).toBe(403);
  // Such an upload is no source: no job can be made of it, and it cannot be aborted like one.
  expect((await post("/api/jobs", null, { source: { upload } })).status).not.toBe(201);
  expect((await post("/api/uploads/abort", null, { upload })).status).toBe(403);
  // Fewer bytes than were announced.
  const short = await begin(job);
  const parts = await sent(short.upload, BYTES.slice(1));
  const refused = await post(`${path}/complete`, job.ownerToken, { upload: short.upload, parts });
  expect(refused.status).toBe(400);
  expect(await env.MEDIA.head(originalKey(job.jobId))).toBeNull();
  expect((await ask(path, job.ownerToken)).status).toBe(404);
});

test("it counts in the site's storage, stands in the backup, and goes with the video or before", async () => {
  const job = await createJob();
  await makeAll(job);
  const before = await overviewOf(env.CATALOG);
  await kept(job);
  const after = await overviewOf(env.CATALOG);
  expect(after.bytesStored - before.bytesStored).toBe(BYTES.length);
  const rows = (await backupOf(env.CATALOG)).tables["video_files"] ?? [];
  expect(rows.find(({ id }) => id === job.jobId)).toMatchObject({ original_name: NAME });

  const path = `/api/videos/${job.jobId}/original`;
  expect((await ask(path, job.ownerToken, { method: "DELETE" })).status).toBe(204);
  expect(await env.MEDIA.head(originalKey(job.jobId))).toBeNull();
  expect(await seen(job, job.ownerToken)).toMatchObject({ original: null });

  await kept(job);
  const remove = { method: "DELETE" };
  expect((await ask(`/api/videos/${job.jobId}`, job.ownerToken, remove)).status).toBe(204);
  expect(await env.MEDIA.head(originalKey(job.jobId))).toBeNull();
  expect((await overviewOf(env.CATALOG)).bytesStored).toBeLessThanOrEqual(before.bytesStored);
  const left = await env.CATALOG.prepare("SELECT id FROM video_files WHERE id = ?").bind(job.jobId);
  expect(await left.first()).toBeNull();
});
