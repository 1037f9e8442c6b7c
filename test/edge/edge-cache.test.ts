import {
  applyD1Migrations,
  createExecutionContext,
  env,
  waitOnExecutionContext,
} from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { namedKeys, sha256Of } from "./accepted-objects.ts";
import { createJob, makeAll, plan } from "./scripted-holder.ts";

// How often storage is read when many watch a video. Locally there is one data centre.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

let gets: string[] = [];
const counting = new Proxy(env.MEDIA, {
  get(bucket, name) {
    const value: unknown = Reflect.get(bucket, name);
    if (typeof value !== "function") return value;
    return (...given: unknown[]) => {
      if (name === "get") gets.push(String(given[0]));
      return value.apply(bucket, given);
    };
  },
});

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(`http://localhost${path}`, init);
  const response = await app.fetch(request, { ...env, MEDIA: counting }, context);
  const bytes = await response.arrayBuffer();
  await waitOnExecutionContext(context);
  const body = [101, 204, 304].includes(response.status) ? null : bytes;
  return new Response(body, response);
}

async function madeVideo(visibility: "listed" | "private"): Promise<CreateJobResponse> {
  const job = await createJob(plan, visibility);
  await makeAll(job);
  return job;
}

test("storage is asked once for each part, whoever watches, by whatever address", async () => {
  const keys = await namedKeys(await madeVideo("listed"));
  expect(keys.length).toBeGreaterThan(plan.segments.length);
  gets = [];
  for (const key of keys) {
    const first = await ask(`/${key}`);
    const again = await ask(`/${key}?viewer=2`, { headers: { authorization: "Bearer somebody" } });
    expect(again.status).toBe(200);
    for (const name of ["content-type", "etag", "cache-control", "access-control-allow-origin"]) {
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    }
    expect(await sha256Of(await again.arrayBuffer())).toBe(
      await sha256Of(await first.arrayBuffer()),
    );
  }
  expect(gets.sort()).toEqual([...keys].sort());
});

test("storage is asked once for each playlist of a finished video", async () => {
  const { jobId } = await madeVideo("listed");
  const [{ id = "" } = {}] = plan.video;
  gets = [];
  for (const path of ["master.m3u8", `${id}/playlist.m3u8`, `${id}/iframes.m3u8`]) {
    const texts = [];
    for (const encoding of ["identity", "gzip", "identity"]) {
      const headers = { "accept-encoding": encoding };
      const response = await ask(`/v/${jobId}/${path}`, { headers });
      expect([response.status, response.headers.get("content-type")]).toEqual([
        200,
        "application/vnd.apple.mpegurl",
      ]);
      if (encoding === "identity") texts.push(new Uint8Array(await response.arrayBuffer()));
    }
    expect(texts[1]).toEqual(texts[0]);
  }
  expect(gets).toHaveLength(3);
});

test("parts, conditions and HEAD are answered from the cache as from storage", async () => {
  const [key = ""] = await namedKeys(await madeVideo("listed"));
  const whole = new Uint8Array(await (await ask(`/${key}`)).arrayBuffer());
  gets = [];
  const part = await ask(`/${key}`, { headers: { range: "bytes=10-19" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([
    206,
    `bytes 10-19/${whole.length}`,
  ]);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.slice(10, 20));
  const head = await ask(`/${key}`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, String(whole.length)]);
  const etag = head.headers.get("etag") ?? "";
  expect((await ask(`/${key}`, { headers: { "if-none-match": etag } })).status).toBe(304);
  expect(gets).toEqual([]);
});

test("nothing of a private video goes there, and nothing of one that becomes private comes", async () => {
  const secret = await madeVideo("private");
  const [key = ""] = await keysOf(secret);
  const headers = { authorization: `Bearer ${secret.ownerToken}` };
  gets = [];
  for (const _ of [1, 2]) expect((await ask(`/${key}`, { headers })).status).toBe(200);
  expect(gets).toEqual([key, key]);
  expect((await ask(`/${key}`)).status).toBe(404);

  const open = await madeVideo("listed");
  const [shown = ""] = await namedKeys(open);
  expect((await ask(`/${shown}`)).status).toBe(200);
  const change = {
    method: "PATCH",
    headers: { authorization: `Bearer ${open.ownerToken}` },
    body: '{"visibility": "private"}',
  };
  await ask(`/api/videos/${open.jobId}`, change);
  expect((await ask(`/${shown}`)).status).toBe(404);
});

test("a deleted video's parts are gone at once", async () => {
  const job = await madeVideo("listed");
  const [key = ""] = await namedKeys(job);
  expect((await ask(`/${key}`)).status).toBe(200);
  const headers = { authorization: `Bearer ${job.ownerToken}` };
  expect((await ask(`/api/videos/${job.jobId}`, { method: "DELETE", headers })).status).toBe(204);
  expect((await ask(`/${key}`)).status).toBe(404);
});

/** Keys of a rendition's segments, read with the owner's token. */
async function keysOf({ jobId, ownerToken }: CreateJobResponse): Promise<string[]> {
  const [{ id = "" } = {}] = plan.video;
  const headers = { authorization: `Bearer ${ownerToken}` };
  const text = await (await ask(`/v/${jobId}/${id}/playlist.m3u8`, { headers })).text();
  return [...text.matchAll(/^[\w-]+\.m4s$/gm)].map(([name]) => `v/${jobId}/${id}/${name}`);
}
