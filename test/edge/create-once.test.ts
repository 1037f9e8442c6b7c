import { applyD1Migrations, createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import {
  completeUploadResponseSchema,
  createJobResponseSchema,
  createUploadResponseSchema,
  uploadPartsResponseSchema,
} from "../../shared/wire/api.ts";
import { call, makeAll, plan } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const KEY = "a-key-that-nobody-guesses";

async function create(key: string | null, body: unknown) {
  const headers = new Headers({ "content-type": "application/json" });
  if (key !== null) headers.set("idempotency-key", key);
  const response = await call("/api/jobs", { method: "POST", headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return createJobResponseSchema.parse(await response.json());
}

test("the same request is one job, however often and at once it is sent", async () => {
  const jobs = await Promise.all(Array.from({ length: 3 }, () => create(KEY, { plan })));
  expect(new Set(jobs.map((job) => JSON.stringify(job))).size).toBe(1);
  // The token in the repeated answers is the owner's.
  const job = jobs[0] as (typeof jobs)[number];
  await makeAll(job);
  expect(await create(KEY, { plan })).toEqual(job);
});

test("another key, another body or none is another job", async () => {
  const jobs = await Promise.all([
    create(KEY, { plan }),
    create(`${KEY}-2`, { plan }),
    create(KEY, { plan, settings: { verify: "off" } }),
    create(null, { plan }),
    create(null, { plan }),
  ]);
  expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(jobs.length);
  expect(new Set(jobs.map(({ ownerToken }) => ownerToken)).size).toBe(jobs.length);
});

test("a key that could be guessed is refused", async () => {
  for (const key of ["1", "with some spaces in it", "x".repeat(201)]) {
    await expect(create(key, { plan })).rejects.toThrow("400");
  }
});

test("a job that was made and forgotten is not made again by a late repetition", async () => {
  const late = "a-late-repetition-of-it";
  const job = await create(late, { plan });
  const stub = env.COORDINATOR.getByName(job.jobId);
  const headers = { authorization: `Bearer ${job.ownerToken}` };
  await makeAll(job);
  expect(await stub.forget(job.jobId)).toBe(true);
  expect(await create(late, { plan })).toEqual(job);
  expect(await stub.standing()).toBeNull();
  const deleted = await call(`/api/videos/${job.jobId}`, { method: "DELETE", headers });
  expect(deleted.status).toBe(204);
});

const headers = { "content-type": "application/json", "cf-connecting-ip": "same-upload" };

/** A request to a site that has servers. */
function ask(path: string, body: unknown): Promise<Response> {
  const request = new Request(`http://localhost${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const bindings = { ...env, CONTAINER_URL: "http://container.example" } as Cloudflare.Env;
  return Promise.resolve(app.fetch(request, bindings, createExecutionContext()));
}

test("one upload is completed, and made, once, however often and at once that is asked for", async () => {
  const bytes = new Uint8Array(1_000);
  const begun = await ask("/api/uploads", { name: "twice.mp4", sizeBytes: bytes.length });
  const { upload } = createUploadResponseSchema.parse(await begun.json());
  const signed = await ask("/api/uploads/parts", { upload, parts: [1] });
  const [part] = uploadPartsResponseSchema.parse(await signed.json()).parts;
  const put = await fetch(part?.url ?? "", { method: "PUT", body: bytes });
  await put.arrayBuffer();
  const parts = [{ part: 1, etag: put.headers.get("etag") ?? "" }];
  for (let times = 0; times < 2; times += 1) {
    const completed = await ask("/api/uploads/complete", { upload, parts });
    expect(completeUploadResponseSchema.parse(await completed.json())).toEqual({
      sizeBytes: bytes.length,
    });
  }

  const jobOf = async (body: object) => {
    const response = await ask("/api/jobs", { source: { upload }, ...body });
    return createJobResponseSchema.parse(await response.json());
  };
  const [one, same] = await Promise.all([jobOf({}), jobOf({})]);
  expect(same).toEqual(one);
  const other = await jobOf({ ladder: [{ shortSide: 144, kilobitsPerSecond: 100 }] });
  expect(other.jobId).not.toBe(one.jobId);

  // Both answers are about one job: cancelled with the token of the second, it is cancelled for the first.
  const authorization = `Bearer ${same.ownerToken}`;
  const cancel = { method: "DELETE", headers: { authorization } };
  expect((await call(`/api/jobs/${same.jobId}`, cancel)).status).toBe(204);
  const status = await call(`/api/jobs/${one.jobId}`, { headers: { authorization } });
  expect(await status.json()).toMatchObject({ state: "cancelled" });
});
