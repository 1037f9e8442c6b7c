import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { picturesPrefix } from "../../shared/job/object-keys.ts";
import { type CreateJobResponse, videoSchema } from "../../shared/wire/api.ts";
import { jobStatusSchema } from "../../shared/wire/job-status.ts";
import {
  MOST_POSTER_BYTES,
  type NewStoryboard,
  picturesSchema,
} from "../../shared/wire/pictures.ts";
import { jpeg, STORYBOARD, savePictures, sheet } from "./made-pictures.ts";
import { PAGE_ASSETS } from "./page-assets.ts";
import { createJob, makeAll, plan, until } from "./scripted-holder.ts";

// Posters and storyboards, from the upload by the API to the addresses of viewers.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

async function ask(path: string, init: RequestInit & { token?: string } = {}): Promise<Response> {
  const { token, ...request } = init;
  const headers = new Headers(request.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const url = new URL(path, "http://localhost");
  const bindings = { ...env, ASSETS: PAGE_ASSETS };
  return app.fetch(new Request(url, { ...request, headers }), bindings, createExecutionContext());
}

async function sendPoster(
  { jobId, ownerToken: token }: CreateJobResponse,
  body: Uint8Array<ArrayBuffer> | string,
  source = "",
): Promise<[number, string]> {
  const query = source === "" ? "" : `?source=${source}`;
  const response = await ask(`/api/videos/${jobId}/poster${query}`, { method: "PUT", token, body });
  const text = await response.text();
  if (response.status !== 200) return [response.status, JSON.parse(text).code];
  return [200, picturesSchema.parse(JSON.parse(text)).poster?.source ?? ""];
}

async function sendStoryboard(
  { jobId, ownerToken: token }: CreateJobResponse,
  change: Partial<NewStoryboard>,
): Promise<[number, string]> {
  const body = JSON.stringify({ ...STORYBOARD, ...change });
  const response = await ask(`/api/videos/${jobId}/storyboard`, { method: "PUT", token, body });
  const answer = (await response.json()) as { code?: string };
  return [response.status, answer.code ?? ""];
}

async function stored(jobId: string): Promise<string[]> {
  const { objects } = await env.MEDIA.list({ prefix: picturesPrefix(jobId) });
  return objects.map(({ key }) => key.slice(picturesPrefix(jobId).length));
}

test("a poster is there at once, while the video is made, and wherever links show one", async () => {
  const job = await createJob(plan, "listed");
  const { jobId } = job;
  expect((await ask(`/v/${jobId}/poster.jpg`)).status).toBe(404);
  expect(await sendPoster(job, jpeg(160, 90), "automatic")).toEqual([200, "automatic"]);

  const file = await ask(`/v/${jobId}/poster.jpg`);
  expect(Object.fromEntries(file.headers)).toMatchObject({
    "content-type": "image/jpeg",
    "cache-control": "public, max-age=60",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
  });
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(jpeg(160, 90));
  const etag = file.headers.get("etag") ?? "";
  const again = await ask(`/v/${jobId}/poster.jpg`, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);

  const poster = { path: `/v/${jobId}/poster.jpg`, width: 160, height: 90, source: "automatic" };
  const status = jobStatusSchema.parse(await (await ask(`/api/jobs/${jobId}`)).json());
  expect(status.poster).toMatchObject(poster);
  await makeAll(job);
  const video = videoSchema.parse(await (await ask(`/api/videos/${jobId}`)).json());
  expect(video).toMatchObject({ poster, storyboardPath: null });
  const url = `http://localhost/v/${jobId}/poster.jpg`;
  const page = await (await ask(`/watch/${jobId}`)).text();
  expect(page).toContain(`<meta property="og:image" content="${url}" />`);
  expect(page).toContain(`<meta property="og:image:width" content="160" />`);
  const oembed = await ask(`/oembed?url=http://localhost/watch/${jobId}`);
  expect(await oembed.json()).toMatchObject({
    thumbnail_url: url,
    thumbnail_width: 160,
    thumbnail_height: 90,
  });
  for (const path of ["/feed.xml", "/sitemap.xml"]) {
    expect(await (await ask(path)).text(), path).toContain(url);
  }
});

test("what a person chose is not replaced by what was chosen for them", async () => {
  const job = await createJob();
  expect(await sendPoster(job, jpeg(160, 90), "automatic")).toEqual([200, "automatic"]);
  expect(await sendPoster(job, jpeg(161, 90), "automatic")).toEqual([200, "automatic"]);
  expect(await sendPoster(job, jpeg(320, 180), "frame")).toEqual([200, "frame"]);
  expect(await sendPoster(job, jpeg(162, 90), "automatic")).toEqual([200, "frame"]);
  const kept = await ask(`/v/${job.jobId}/poster.jpg`);
  expect(new Uint8Array(await kept.arrayBuffer())).toEqual(jpeg(320, 180));
  expect(await sendPoster(job, jpeg(90, 160))).toEqual([200, "file"]);
});

test.each<[string, Uint8Array<ArrayBuffer> | string]>([
  ["no picture", "<svg xmlns='http://www.w3.org/2000/svg' onload='attack()'/>"],
  ["nothing", ""],
  ["one that breaks off", jpeg(160, 90).slice(0, -1)],
  ["one with a page behind it", new Uint8Array([...jpeg(160, 90), 60, 104, 116, 109, 108, 62])],
  ["one without a size", jpeg(0, 90)],
  ["a dot", jpeg(15, 90)],
  ["a wall", jpeg(4097, 90)],
])("a poster is refused: %s", async (_, body) => {
  const job = await createJob();
  expect(await sendPoster(job, body)).toEqual([422, "PICTURE_INVALID"]);
  expect(await stored(job.jobId)).toEqual([]);
});

test("a poster of more bytes than it may have is not read", async () => {
  const job = await createJob();
  const large = new Uint8Array(MOST_POSTER_BYTES + 1);
  large.set(jpeg(160, 90));
  expect(await sendPoster(job, large)).toEqual([400, "REQUEST_INVALID"]);
});

test("a storyboard names each tile with its time and place", async () => {
  const job = await createJob();
  const { jobId } = job;
  await savePictures(job);
  const file = await ask(`/v/${jobId}/storyboard.vtt`);
  expect(file.headers.get("content-type")).toBe("text/vtt; charset=utf-8");
  const [head, ...cues] = (await file.text()).trimEnd().split("\n\n");
  expect(head).toBe("WEBVTT");
  expect(cues).toHaveLength(27);
  const sheets = (await stored(jobId)).filter((name) => name !== "poster.jpg");
  expect(cues[0]).toBe(`00:00:00.000 --> 00:00:06.000\n${sheets[0]}#xywh=0,0,32,18`);
  expect(cues[6]).toBe(`00:00:36.000 --> 00:00:42.000\n${sheets[0]}#xywh=32,18,32,18`);
  expect(cues[26]).toBe(`00:02:36.000 --> 00:02:40.500\n${sheets[1]}#xywh=32,0,32,18`);
  for (const name of sheets) {
    const response = await ask(`/v/${jobId}/${name}`);
    await response.arrayBuffer();
    expect(response.headers.get("cache-control")).toContain("immutable");
  }
  // Another storyboard replaces it.
  expect(await sendStoryboard(job, {})).toEqual([200, ""]);
  const now = await stored(jobId);
  expect(now).toHaveLength(3);
  expect(now.filter((name) => sheets.includes(name))).toEqual([]);
});

test.each<[string, Partial<NewStoryboard>, string]>([
  ["a sheet too few", { sheets: [sheet(160, 90)] }, "PICTURE_INVALID"],
  ["a sheet of another size", { sheets: [sheet(160, 90), sheet(160, 36)] }, "PICTURE_INVALID"],
  ["a sheet that is no picture", { sheets: ["AAAA", sheet(160, 18)] }, "PICTURE_INVALID"],
  ["times that go back", { startSeconds: [0, 2, 1] }, "REQUEST_INVALID"],
  ["times that begin later", { startSeconds: [1, 2] }, "REQUEST_INVALID"],
])("a storyboard is refused: %s", async (_, change, code) => {
  const job = await createJob();
  const status = code === "PICTURE_INVALID" ? 422 : 400;
  expect(await sendStoryboard(job, change)).toEqual([status, code]);
  expect(await stored(job.jobId)).toEqual([]);
});

test("pictures go with the video: deleted, and cancelled", async () => {
  const deleted = await createJob();
  await makeAll(deleted);
  await savePictures(deleted);
  const { jobId, ownerToken: token } = deleted;
  expect((await ask(`/api/videos/${jobId}`, { method: "DELETE", token })).status).toBe(204);
  const cancelled = await createJob();
  await savePictures(cancelled);
  await ask(`/api/jobs/${cancelled.jobId}`, { method: "DELETE", token: cancelled.ownerToken });
  await until(cancelled, "cancelled");
  for (const job of [deleted, cancelled]) {
    await expect.poll(() => stored(job.jobId)).toEqual([]);
    const rows = env.CATALOG.prepare("SELECT 1 FROM video_pictures WHERE id = ?").bind(job.jobId);
    await expect.poll(() => rows.first()).toBeNull();
    // An upload that comes after the deletion is not stored.
    expect((await sendPoster(job, jpeg(160, 90)))[0]).toBe(404);
    expect(await stored(job.jobId)).toEqual([]);
  }
});
