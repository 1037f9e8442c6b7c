import {
  applyD1Migrations,
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { findRules, saveRules } from "../../edge/catalog/operator.ts";
import { takePlace } from "../../edge/replace/take-place.ts";
import { outputPrefix } from "../../shared/job/object-keys.ts";
import { masterIn } from "../../shared/playlist/folder.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  type Video,
  videoLinkSchema,
  videoPageSchema,
  videoSchema,
} from "../../shared/wire/api.ts";
import { captionsListSchema } from "../../shared/wire/captions.ts";
import { videoFilesSchema } from "../../shared/wire/files.ts";
import { jpeg } from "./made-pictures.ts";
import { PAGE_ASSETS } from "./page-assets.ts";
import {
  call,
  coordinator,
  createJob,
  eventually,
  makeAll,
  plan,
  ScriptedHolder,
  until,
} from "./scripted-holder.ts";

// A new video takes the address of another one.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

let clients = 0;

function ask(path: string, token: string | null = null, init: RequestInit = {}): Promise<Response> {
  clients += 1;
  const headers = new Headers({ "cf-connecting-ip": `replace-test-${clients}` });
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  return call(path, { ...init, headers });
}

async function textOf(path: string, token: string | null = null): Promise<string> {
  const response = await ask(path, token);
  const text = await response.text();
  expect(response.status, path).toBe(200);
  return text;
}

async function watchPage(id: string): Promise<{ status: number; html: string }> {
  const request = new Request(`http://localhost/watch/${id}`);
  const assets = { ...env, ASSETS: PAGE_ASSETS };
  const response = await app.fetch(request, assets, createExecutionContext());
  return { status: response.status, html: await response.text() };
}

async function statusOf(path: string, token: string | null = null): Promise<number> {
  const response = await ask(path, token);
  await response.arrayBuffer();
  return response.status;
}

async function seen(id: string, token: string | null = null): Promise<Video> {
  return videoSchema.parse(JSON.parse(await textOf(`/api/videos/${id}`, token)));
}

async function send(
  method: string,
  path: string,
  token: string,
  body: object | Uint8Array<ArrayBuffer>,
) {
  const sent = body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await ask(path, token, { method, body: sent });
  expect(response.ok, `${method} ${path}: ${await response.clone().text()}`).toBe(true);
  return response;
}

function askToReplace({ jobId: id, ownerToken }: CreateJobResponse): Promise<Response> {
  const body = JSON.stringify({ plan, replaces: { id, ownerToken }, visibility: "listed" });
  return ask("/api/jobs", null, { method: "POST", body });
}

async function begun(old: CreateJobResponse): Promise<CreateJobResponse> {
  const response = await askToReplace(old);
  expect(response.status).toBe(201);
  return createJobResponseSchema.parse(await response.json());
}

/** Makes the new video, and waits until it is at the old one's address. */
async function madeInPlace(fresh: CreateJobResponse, { jobId }: CreateJobResponse): Promise<void> {
  await makeAll(fresh);
  await eventually(async () => {
    expect(await textOf(`/v/${jobId}/master.m3u8`, fresh.ownerToken)).toContain(
      `../${fresh.jobId}/`,
    );
  });
  await eventually(async () => {
    const rows = await env.CATALOG.prepare("SELECT id FROM video_replacements WHERE id = ?")
      .bind(fresh.jobId)
      .all();
    expect(rows.results).toEqual([]);
  });
}

function track(text: string, more: object = {}) {
  const body = `WEBVTT\n\n00:00.000 --> 00:05.000\n${text}\n`;
  return { format: "vtt", language: "en", text: body, ...more };
}

/** The last line of each caption file of a video. */
async function captionTexts(id: string): Promise<string[]> {
  const list = captionsListSchema.parse(JSON.parse(await textOf(`/api/videos/${id}/captions`)));
  const texts = list.captions.map(({ url }) => textOf(new URL(url).pathname));
  return (await Promise.all(texts)).map((text) => text.trim().split("\n").at(-1) ?? "");
}

/** All addresses that a playlist leads to, with its own as the first. */
async function reached(from: string, token: string | null = null): Promise<string[]> {
  const found: string[] = [];
  const left = [new URL(from, "http://localhost").href];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (found.includes(next)) continue;
    found.push(next);
    if (!next.endsWith(".m3u8")) continue;
    const text = await textOf(new URL(next).pathname, token);
    for (const [, line, uri] of text.matchAll(/^([^#\n].*)$|URI="([^"]+)"/gm)) {
      left.push(new URL(line ?? uri ?? "", next).href);
    }
  }
  return found.map((url) => new URL(url).pathname);
}

async function keysBelow(prefix: string): Promise<string[]> {
  return (await env.MEDIA.list({ prefix })).objects.map(({ key }) => key);
}

/** Ends the hour in which the old video's objects are kept. */
async function anHourLater({ jobId }: CreateJobResponse): Promise<void> {
  await runInDurableObject(coordinator(jobId), (_, { storage }) => {
    const sweep = storage.kv.get<{ videoId: string; dueAtMs: number }>("sweep");
    expect(sweep).toMatchObject({ videoId: jobId });
    storage.kv.put("sweep", { ...sweep, dueAtMs: 1 });
  });
  expect(await runDurableObjectAlarm(coordinator(jobId))).toBe(true);
}

async function madeVideo(...asked: Parameters<typeof createJob>): Promise<CreateJobResponse> {
  const job = await createJob(...asked);
  await makeAll(job);
  await eventually(async () => expect((await seen(job.jobId, job.ownerToken)).state).toBe("ready"));
  return job;
}

describe("a finished video", () => {
  test("is at the old one's address with what people gave that one", async () => {
    const old = await madeVideo(plan, "listed");
    const path = `/api/videos/${old.jobId}`;
    await send("PATCH", path, old.ownerToken, {
      title: "Lesson 3",
      description: "Halves.",
      chapters: [{ startSeconds: 0, title: "One" }],
      downloads: true,
    });
    await send("PUT", `${path}/poster?source=file`, old.ownerToken, jpeg(320, 180));
    await send("POST", `${path}/captions`, old.ownerToken, track("Sent"));
    await send(
      "POST",
      `${path}/captions`,
      old.ownerToken,
      track("Of the file", { sourceTrack: 2 }),
    );
    await ask(`${path}/plays`, null, { method: "POST" });
    const before = await seen(old.jobId, old.ownerToken);
    const oldMaster = await textOf(`/v/${old.jobId}/master.m3u8`);
    const oldAddresses = await reached(`/v/${old.jobId}/master.m3u8`);

    const fresh = await begun(old);
    expect((await seen(old.jobId, old.ownerToken)).replacement).toBe(fresh.jobId);
    expect((await seen(old.jobId)).replacement).toBeUndefined();
    expect((await seen(fresh.jobId)).visibility).toBe("unlisted");
    await send(
      "POST",
      `/api/videos/${fresh.jobId}/captions`,
      fresh.ownerToken,
      track("New", { sourceTrack: 5 }),
    );
    expect(await textOf(`/v/${old.jobId}/master.m3u8`)).toBe(oldMaster);

    await madeInPlace(fresh, old);
    const now = await seen(old.jobId, old.ownerToken);
    const { endedAtMs: _, bytesStored: __, ...same } = before;
    expect(now).toMatchObject({ ...same, original: null, replacement: null });
    expect(await seen(fresh.jobId)).toMatchObject({ id: old.jobId, title: "Lesson 3" });
    expect((await captionTexts(old.jobId)).sort()).toEqual(["New", "Sent"]);
    expect((await ask(`/v/${old.jobId}/poster.jpg`)).headers.get("content-length")).toBe(
      String(jpeg(320, 180).length),
    );
    const page = videoPageSchema.parse(JSON.parse(await textOf("/api/videos?limit=100")));
    expect(page.videos.filter(({ id }) => [old.jobId, fresh.jobId].includes(id))).toHaveLength(1);
    expect(page.videos.find(({ id }) => id === old.jobId)?.title).toBe("Lesson 3");
    expect(await textOf("/feed.xml")).toContain(`>${old.jobId}</guid>`);
    expect(await textOf(`/oembed?url=http://localhost/watch/${old.jobId}`)).toContain(
      `/embed/${old.jobId}`,
    );

    for (const { jobId } of [old, fresh]) {
      const { status, html } = await watchPage(jobId);
      expect(status).toBe(200);
      expect(html).toContain(`rel="canonical" href="http://localhost/watch/${old.jobId}"`);
    }

    // The new playlists lead to no address of the old ones, except the multivariant playlist's own.
    const addresses = await reached(`/v/${old.jobId}/master.m3u8`);
    expect(addresses.length).toBeGreaterThan(oldAddresses.length - 4);
    const shared = addresses.filter((each) => oldAddresses.includes(each));
    expect(shared).toEqual([`/v/${old.jobId}/master.m3u8`]);
    for (const each of addresses) expect(await statusOf(each), each).toBe(200);
    const mpd = await textOf(`/v/${old.jobId}/manifest.mpd`);
    expect(mpd).toContain(`../${fresh.jobId}/</BaseURL>`);

    // Files are made only of the new video's objects, even while the old ones are still there.
    const files = videoFilesSchema.parse(JSON.parse(await textOf(`${path}/files`)));
    expect(files.folder).toBe(fresh.jobId);
    const master = masterIn(`http://localhost/v/${old.jobId}/master.m3u8`, files.folder);
    expect(await textOf(new URL(master).pathname)).not.toContain("../");
    for (const { path: each } of files.others) {
      expect(await statusOf(new URL(each, master).pathname), each).toBe(200);
    }

    // Viewers of the old video can go on watching it for an hour.
    const isCaptions = (each: string) => /\/s[a-z0-9]{8}\//.test(each);
    const watched = oldAddresses.filter((each) => !isCaptions(each));
    for (const each of watched) expect(await statusOf(each), each).toBe(200);
    const [segment = ""] = watched.filter((each) => each.endsWith(".m4s"));
    await anHourLater(old);
    for (const prefix of ["v", "captions", "pictures", "chunks", "records"]) {
      expect(await keysBelow(`${prefix}/${old.jobId}`)).toEqual([]);
    }
    expect(await env.MEDIA.head(segment.slice(1))).toBeNull();
    for (const each of addresses) expect(await statusOf(each), each).toBe(200);

    // The owner's tokens of both videos manage it, and no other token does.
    for (const { ownerToken } of [old, fresh]) {
      await send("PATCH", path, ownerToken, { description: "Changed." });
    }
    const foreign = await ask(path, "someone", { method: "PATCH", body: '{"description":"x"}' });
    expect(foreign.status).toBe(403);
    await ask(path, old.ownerToken, { method: "DELETE" });
    for (const { jobId } of [old, fresh]) {
      expect(await statusOf(`/api/videos/${jobId}`)).toBe(404);
      expect(await statusOf(`/v/${jobId}/master.m3u8`)).toBe(404);
      expect(await keysBelow(outputPrefix(jobId))).toEqual([]);
    }
  });

  test("keeps its links where it is private, and is as private while it is made", async () => {
    const old = await madeVideo(plan, "private");
    const link = async () => {
      const response = await send("POST", `/api/videos/${old.jobId}/links`, old.ownerToken, {});
      return videoLinkSchema.parse(await response.json());
    };
    const withdrawn = await link();
    await ask(`/api/videos/${old.jobId}/links`, old.ownerToken, { method: "DELETE" });
    const good = await link();
    const fresh = await begun(old);
    expect(await statusOf(`/api/jobs/${fresh.jobId}`)).toBe(404);
    await madeInPlace(fresh, old);
    const paths = (url: string) => new URL(url).pathname;
    const reachedNow = await reached(paths(good.masterUrl));
    for (const each of reachedNow) expect(await statusOf(each), each).toBe(200);
    const bare = reachedNow.map((each) => each.replace(/\/v\/~[^/]+/, "/v"));
    for (const each of bare) expect(await statusOf(each), each).toBe(404);
    expect(await statusOf(paths(withdrawn.masterUrl))).toBe(401);
    expect(paths((await link()).masterUrl)).toContain(`/${old.jobId}/master.m3u8`);
    for (const { jobId } of [old, fresh]) {
      expect(await statusOf(`/api/videos/${jobId}`)).toBe(404);
      expect((await watchPage(jobId)).status).toBe(404);
    }
  });

  test("may be replaced again, and every address of before leads to the newest", async () => {
    const first = await madeVideo();
    const second = await begun(first);
    await madeInPlace(second, first);
    // Replaces it by an address that no longer has a video of its own.
    const third = await begun(first);
    await madeInPlace(third, first);
    for (const { jobId } of [first, second, third]) {
      expect((await seen(jobId)).id).toBe(first.jobId);
      expect(await statusOf(`/v/${jobId}/master.m3u8`)).toBe(200);
    }
    await send("PATCH", `/api/videos/${second.jobId}`, first.ownerToken, { title: "Still mine" });
    expect((await seen(third.jobId)).title).toBe("Still mine");
  });
});

describe("the old one stays as it is", () => {
  test("where the new one is cancelled", async () => {
    const old = await madeVideo();
    const master = await textOf(`/v/${old.jobId}/master.m3u8`);
    const fresh = await begun(old);
    await new ScriptedHolder(fresh).join();
    await ask(`/api/jobs/${fresh.jobId}`, fresh.ownerToken, { method: "DELETE" });
    await until(fresh, "cancelled");
    await eventually(async () => {
      expect((await seen(old.jobId, old.ownerToken)).replacement).toBeNull();
    });
    expect(await textOf(`/v/${old.jobId}/master.m3u8`)).toBe(master);
  });

  test("where storage breaks off the change, which a second try finishes", async () => {
    const old = await madeVideo();
    const path = `/api/videos/${old.jobId}`;
    await send("POST", `${path}/captions`, old.ownerToken, track("Sent"));
    const master = await textOf(`/v/${old.jobId}/master.m3u8`);
    const fresh = await madeVideo();
    await env.CATALOG.prepare("INSERT INTO video_replacements (id, replaces) VALUES (?, ?)")
      .bind(fresh.jobId, old.jobId)
      .run();
    const broken = () => Promise.reject(new Error("broken"));
    const without = { ...env, MEDIA: { get: broken } } as unknown as Cloudflare.Env;
    await expect(takePlace(without, fresh.jobId)).rejects.toThrow("broken");
    expect(await textOf(`/v/${old.jobId}/master.m3u8`)).toBe(master);
    expect((await seen(old.jobId)).id).toBe(old.jobId);

    // A failure after the rows were moved: the address leads to the new video, and the old objects are not deleted
    // yet.
    const coordinators = { getByName: () => ({ forget: broken }) };
    const deaf = { ...env, COORDINATOR: coordinators } as unknown as Cloudflare.Env;
    await expect(takePlace(deaf, fresh.jobId)).rejects.toThrow("broken");
    expect(await captionTexts(old.jobId)).toEqual(["Sent"]);
    await takePlace(env, fresh.jobId);
    expect(await captionTexts(old.jobId)).toEqual(["Sent"]);
    await anHourLater(old);
    expect(await keysBelow(outputPrefix(old.jobId))).toEqual([]);
    expect(await statusOf(`/v/${old.jobId}/master.m3u8`)).toBe(200);
  });

  test("where somebody else asks, or it is not finished", async () => {
    const old = await madeVideo();
    const stranger = { ...old, ownerToken: "x".repeat(43) };
    expect((await askToReplace(stranger)).status).toBe(403);
    const running = await createJob();
    expect((await askToReplace(running)).status).toBe(400);
    expect((await seen(old.jobId, old.ownerToken)).replacement).toBeNull();
  });
});

test("a site with as many videos as it may have lets them be replaced", async () => {
  const old = await madeVideo();
  await saveRules(env.CATALOG, { ...(await findRules(env.CATALOG)), mostVideos: 1 });
  const body = JSON.stringify({ plan });
  expect((await ask("/api/jobs", null, { method: "POST", body })).status).toBe(403);
  expect((await askToReplace(old)).status).toBe(201);
  await saveRules(env.CATALOG, { ...(await findRules(env.CATALOG)), mostVideos: null });
});

test("becomes private with the video whose place it is to take", async () => {
  const old = await madeVideo();
  const fresh = await begun(old);
  expect(await statusOf(`/api/jobs/${fresh.jobId}`)).toBe(200);
  await send("PATCH", `/api/videos/${old.jobId}`, old.ownerToken, { visibility: "private" });
  expect(await statusOf(`/api/jobs/${fresh.jobId}`)).toBe(404);
});

test("is a video of its own where the old one was deleted meanwhile", async () => {
  const old = await madeVideo();
  const fresh = await begun(old);
  await ask(`/api/videos/${old.jobId}`, old.ownerToken, { method: "DELETE" });
  await makeAll(fresh);
  await eventually(async () => expect((await seen(fresh.jobId)).state).toBe("ready"));
  expect((await seen(fresh.jobId)).id).toBe(fresh.jobId);
  expect(await statusOf(`/api/videos/${old.jobId}`)).toBe(404);
});
