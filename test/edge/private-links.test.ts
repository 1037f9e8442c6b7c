import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { parseTimedText } from "../../edge/captions/timed-text.ts";
import { saveOriginal } from "../../edge/catalog/video-files.ts";
import { newJobId } from "../../edge/http/auth.ts";
import { sealLink } from "../../edge/http/video-link.ts";
import { mp4Key } from "../../edge/servers/mp4.ts";
import { originalKey } from "../../shared/job/object-keys.ts";
import { type CreateJobResponse, type SignedLink, videoLinkSchema } from "../../shared/wire/api.ts";
import { jobStatusSchema } from "../../shared/wire/job-status.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { savePictures } from "./made-pictures.ts";
import { PAGE_ASSETS } from "./page-assets.ts";
import { createJob, makeAll, plan } from "./scripted-holder.ts";

// Signed links to a private video: with one, players reach everything they need; without it, nothing.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

let clients = 0;

async function ask(
  path: string,
  init: RequestInit & { token?: string; accept?: string } = {},
): Promise<Response> {
  const { token, accept = "*/*", ...request } = init;
  clients += 1;
  const headers = new Headers(request.headers);
  headers.set("accept", accept);
  headers.set("cf-connecting-ip", `link-test-${clients}`);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const address = new URL(path, "http://localhost");
  return app.fetch(
    new Request(address, { ...request, headers }),
    { ...env, ASSETS: PAGE_ASSETS },
    createExecutionContext(),
  );
}

async function statusOf(...asked: Parameters<typeof ask>): Promise<number> {
  const response = await ask(...asked);
  await response.arrayBuffer();
  return response.status;
}

async function codeOf(...asked: Parameters<typeof ask>): Promise<string> {
  return problemSchema.parse(await (await ask(...asked)).json()).code;
}

const CAPTIONS = {
  format: "vtt",
  language: "en",
  text: "WEBVTT\n\n00:00.000 --> 00:05.000\nHello",
};

const ORIGINAL = "the original";

/** With all that a video can have. */
async function privateVideo(): Promise<CreateJobResponse> {
  const job = await createJob(plan, "private");
  await makeAll(job);
  await env.MEDIA.put(mp4Key(job.jobId), "an mp4");
  await env.MEDIA.put(originalKey(job.jobId), ORIGINAL);
  const kept = { name: "film.mov", sizeBytes: ORIGINAL.length };
  await saveOriginal(env.CATALOG, job.jobId, kept);
  const body = JSON.stringify(CAPTIONS);
  await savePictures(job);
  const path = `/api/videos/${job.jobId}/captions`;
  const added = await ask(path, { method: "POST", token: job.ownerToken, body });
  expect(await added.text()).toContain('"cues":1');
  const chapters = [
    { startSeconds: 0, title: "Tom & Jerry <1>" },
    { startSeconds: 2.5, title: "The end" },
    { startSeconds: 9_000, title: "Beyond it" },
  ];
  await change(job, { originalForAll: true, chapters });
  return job;
}

async function change({ jobId, ownerToken: token }: CreateJobResponse, patch: object) {
  const init = { method: "PATCH", token, body: JSON.stringify(patch) };
  expect(await statusOf(`/api/videos/${jobId}`, init)).toBe(200);
}

async function linkTo(
  { jobId, ownerToken: token }: CreateJobResponse,
  body: object = {},
): Promise<SignedLink> {
  const init = { method: "POST", token, body: JSON.stringify(body) };
  const response = await ask(`/api/videos/${jobId}/links`, init);
  expect(response.status).toBe(201);
  return videoLinkSchema.parse(await response.json());
}

/** All addresses that a manifest leads to, resolved only as relative URLs. */
async function reached(from: string): Promise<Set<string>> {
  const found = new Set<string>();
  const left = [from];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const response = await ask(next);
    expect(response.status, next).toBe(200);
    expect(response.headers.get("cache-control"), next).toBe("private, no-cache");
    const isText = /\.(m3u8|mpd)$|storyboard\.vtt$/.test(next);
    const text = isText ? await response.text() : String(await response.arrayBuffer());
    if (!isText) continue;
    const named = /\.mpd$/.test(next)
      ? [...text.matchAll(/(?:media|sourceURL)="([^"]+)"|<BaseURL>([^<]+\.vtt)</g)]
      : next.endsWith(".vtt")
        ? [...text.matchAll(/^(storyboard-[^#]+)#/gm)]
        : [...text.matchAll(/^([^#\n].*)$|URI="([^"]+)"/gm)];
    for (const [, one, other] of named) left.push(new URL(one ?? other ?? "", next).href);
  }
  return found;
}

test("every address of its playlists plays by the link, and is nowhere without it", async () => {
  const job = await privateVideo();
  const link = await linkTo(job);
  const hls = await reached(link.masterUrl);
  const kinds = [...hls].map((url) => url.replace(/^.*\./, ""));
  expect(new Set(kinds)).toEqual(new Set(["m3u8", "m4s", "mp4", "vtt"]));
  // Each segment of each rendition is reached.
  const media = plan.segments.length * (plan.video.length + plan.audio.length);
  expect(kinds.filter((kind) => kind === "m4s").length).toBe(media);
  // The podcast playlist leads to the same addresses; only its own is new.
  const podcast = await reached(link.podcastUrl);
  expect([...podcast].filter((url) => !hls.has(url))).toEqual([link.podcastUrl]);
  const dash = await reached(link.dashUrl);
  expect([...dash].filter((url) => url.endsWith(".m4s")).length).toBe(media);

  const storyboard = await reached(link.storyboardUrl);
  expect([...storyboard].filter((url) => url.includes("/storyboard-")).length).toBe(2);
  const files = [link.posterUrl, link.chaptersUrl, link.mp4Url, link.originalUrl];
  for (const url of files) expect(await statusOf(url), url).toBe(200);
  const all = new Set([...hls, link.podcastUrl, ...dash, ...storyboard, ...files]);
  // None of the link's own addresses is left out.
  const { watchUrl: _, embedUrl: __, ...played } = link;
  const addresses = Object.values(played).filter((each) => String(each).startsWith("http"));
  expect(addresses.filter((url) => !all.has(String(url)))).toEqual([]);
  const forged = (text: string) => changedAll(all, (url) => url.replace(link.key, text));
  const [body = "", signature = ""] = link.key.split(".");
  const ways: [string, string[]][] = [
    ["without the link", changedAll(all, (url) => url.replace(/(~|\?key=)[\w.-]+\/?/, ""))],
    [
      "another signature",
      forged(`${body}.${signature.replace(/^./, (it) => (it === "A" ? "B" : "A"))}`),
    ],
    ["no signature", forged(`${body}.`)],
    [
      "another video's link",
      forged(sealLink(env, { id: newJobId(), version: 1, expiresAtMs: 9e12 })),
    ],
    ["an expired link", forged(sealLink(env, { id: job.jobId, version: 1, expiresAtMs: 1 }))],
  ];
  for (const [name, urls] of ways) {
    expect(urls).toHaveLength(all.size);
    for (const url of urls) expect([401, 404], `${name}: ${url}`).toContain(await statusOf(url));
  }
});

function changedAll(urls: ReadonlySet<string>, change: (url: string) => string): string[] {
  return [...urls].map(change);
}

test("chapters are WebVTT, each up to the next, and none beyond the end", async () => {
  const job = await privateVideo();
  const response = await ask((await linkTo(job)).chaptersUrl);
  expect(response.headers.get("content-type")).toBe("text/vtt; charset=utf-8");
  const text = await response.text();
  const cues = parseTimedText(text, "vtt")?.cues ?? [];
  const endMs = Math.round(plan.source.durationTicks / 90);
  expect(cues).toEqual([
    { startMs: 0, endMs: 2_500, text: "Tom &amp; Jerry &lt;1&gt;", settings: "" },
    { startMs: 2_500, endMs, text: "The end", settings: "" },
  ]);
  await change(job, { chapters: [] });
  expect(await codeOf((await linkTo(job)).chaptersUrl)).toBe("NOT_FOUND");
});

test("the original is for those who have the link while the owner lets them, and it alone by the link", async () => {
  const job = await privateVideo();
  const { key, originalUrl } = await linkTo(job);
  const path = `/api/videos/${job.jobId}/original`;
  const byLink = await ask(originalUrl, { headers: { range: "bytes=4-" } });
  expect([byLink.status, await byLink.text()]).toEqual([206, ORIGINAL.slice(4)]);
  expect(byLink.headers.get("cache-control")).toBe("private, no-store");
  expect(await statusOf(path, { token: key })).toBe(200);
  const other = await privateVideo();
  const elsewhere = (await linkTo(other)).key;
  for (const method of ["GET", "HEAD"]) {
    expect(await statusOf(path, { method })).toBe(404);
    expect(await statusOf(`${path}?key=${elsewhere}`, { method })).toBe(404);
    expect(await statusOf(path, { method, token: other.ownerToken })).toBe(404);
  }
  await change(job, { originalForAll: false });
  expect(await statusOf(originalUrl)).toBe(403);
  expect(await statusOf(path, { token: job.ownerToken })).toBe(200);
  await change(job, { originalForAll: true });
  const withdraw = { method: "DELETE", token: job.ownerToken };
  expect(await statusOf(`/api/videos/${job.jobId}/links`, withdraw)).toBe(204);
  expect(await statusOf(originalUrl)).toBe(401);
});

test("no address of API and pages that names it says a word of it to others", async () => {
  const job = await privateVideo();
  const { key } = await linkTo(job);
  const other = await createJob();
  const document = (await (await ask("/api/openapi.json")).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const paths = Object.entries(document.paths)
    .filter(([path, methods]) => "get" in methods && /^\/api\/(videos|jobs)\/\{id\}/.test(path))
    .map(([path]) => path.replace("{id}", job.jobId));
  expect(paths.length).toBeGreaterThan(6);
  const oembed = `/oembed?url=http://localhost/watch/${job.jobId}`;
  paths.push(`/coordinator-status?jobGroupId=${job.jobId}`, oembed);
  paths.push(`/watch/${job.jobId}`, `/embed/${job.jobId}`, `/watch/${job.jobId}/`);
  const open: string[] = [];
  for (const path of paths) {
    for (const method of ["GET", "HEAD"]) {
      for (const token of [undefined, other.ownerToken, `${key}x`]) {
        const response = await ask(path, { method, ...(token && { token }) });
        expect([401, 404], `${method} ${path}`).toContain(response.status);
        const text = await response.text();
        for (const word of [plan.source.name, "Tom &", "film.mov"])
          expect(text).not.toContain(word);
      }
    }
    const response = await ask(path, { token: key });
    await response.body?.cancel();
    if (response.ok) open.push(path.replace(job.jobId, "ID"));
  }
  // By the link a viewer has what a viewer of any video has.
  expect(open.sort()).toEqual([
    "/api/jobs/ID",
    "/api/jobs/ID/events",
    "/api/videos/ID",
    "/api/videos/ID/captions",
    "/api/videos/ID/files",
    "/api/videos/ID/mp4",
    "/api/videos/ID/original",
    "/coordinator-status?jobGroupId=ID",
    "/embed/ID",
    "/oembed?url=http://localhost/watch/ID",
    "/watch/ID",
  ]);
});

test("the API and the pages show it by the key, as a viewer sees it", async () => {
  const job = await privateVideo();
  const { key, watchUrl, embedUrl } = await linkTo(job);
  const { jobId } = job;
  const status = await ask(`/api/jobs/${jobId}`, { token: key });
  expect(jobStatusSchema.parse(await status.json())).toMatchObject({ tasks: [], segments: [] });
  expect(await statusOf(`/api/videos/${jobId}`, { token: key })).toBe(200);
  for (const url of [watchUrl, embedUrl]) {
    const page = await ask(url, { accept: "text/html" });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('content="noindex"');
    expect(html).not.toContain("canonical");
    expect(await statusOf(url.replace(/\?.*/, ""), { accept: "text/html" })).toBe(404);
  }
  // The link does not allow what only the owner may do.
  const change = { method: "PATCH", token: key, body: '{"title": "Mine"}' };
  expect(await statusOf(`/api/videos/${jobId}`, change)).toBe(403);
  for (const path of ["links", "unlock"]) {
    const body = path === "unlock" ? '{"passphrase": "guess"}' : "{}";
    const init = { method: "POST", token: key, body };
    expect([403, 404]).toContain(await statusOf(`/api/videos/${jobId}/${path}`, init));
  }
});

describe("links end", () => {
  test("all at once where the owner withdraws them, and new ones open", async () => {
    const job = await privateVideo();
    const links = [await linkTo(job), await linkTo(job, { expiresInMinutes: 525_600 })];
    const withdraw = { method: "DELETE", token: job.ownerToken };
    expect(await statusOf(`/api/videos/${job.jobId}/links`, withdraw)).toBe(204);
    for (const { masterUrl, watchUrl } of links) {
      expect(await codeOf(masterUrl)).toBe("VIDEO_LINK_OVER");
      const page = await ask(watchUrl, { accept: "text/html" });
      expect(page.status).toBe(401);
      expect(await page.text()).toContain("This link has ended");
    }
    expect(await statusOf((await linkTo(job)).masterUrl)).toBe(200);
  });

  test("within a minute also where the catalogue does not answer", async () => {
    const job = await privateVideo();
    const { masterUrl } = await linkTo(job);
    expect(await statusOf(masterUrl)).toBe(200);
    const broken = {
      prepare: () => {
        throw new Error("no answer");
      },
    };
    const silent = { ...env, CATALOG: broken as unknown as D1Database };
    const at = async (ms: number) => {
      const real = Date.now;
      const now = real() + ms;
      Date.now = () => now;
      try {
        const request = new Request(masterUrl);
        const response = await app.fetch(request, silent, createExecutionContext());
        await response.arrayBuffer();
        return response.status;
      } finally {
        Date.now = real;
      }
    };
    expect(await at(10_000)).toBe(200);
    expect(await at(40_000)).toBe(503);
  });
});

describe("a passphrase", () => {
  const PASSPHRASE = "Blaue Ära 2026";

  async function locked(): Promise<CreateJobResponse> {
    const job = await privateVideo();
    const body = JSON.stringify({ passphrase: PASSPHRASE });
    const changed = await ask(`/api/videos/${job.jobId}`, {
      method: "PATCH",
      token: job.ownerToken,
      body,
    });
    expect(await changed.json()).toEqual({ hasPassphrase: true });
    return job;
  }

  const unlock = (jobId: string, passphrase: string) =>
    ask(`/api/videos/${jobId}/unlock`, { method: "POST", body: JSON.stringify({ passphrase }) });

  test("is asked for, and opens the video for a while", async () => {
    const { jobId } = await locked();
    expect(await codeOf(`/api/jobs/${jobId}`)).toBe("PASSPHRASE_REQUIRED");
    expect(await codeOf(`/v/${jobId}/master.m3u8`)).toBe("PASSPHRASE_REQUIRED");
    const page = await ask(`/watch/${jobId}`, { accept: "text/html" });
    expect(page.status).toBe(401);
    expect(await page.text()).not.toContain(plan.source.name);

    const wrong = await unlock(jobId, PASSPHRASE.toLowerCase());
    expect(problemSchema.parse(await wrong.json()).code).toBe("PASSPHRASE_WRONG");
    // The same letters in another Unicode form, as another keyboard may send them.
    const opened = await unlock(jobId, PASSPHRASE.normalize("NFD"));
    const link = videoLinkSchema.parse(await opened.json());
    expect(link.expiresAtMs - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
    expect((await reached(link.masterUrl)).size).toBeGreaterThan(10);
  });

  test("that is changed or taken away ends what it opened", async () => {
    const { jobId, ownerToken: token } = await locked();
    const link = videoLinkSchema.parse(await (await unlock(jobId, PASSPHRASE)).json());
    const change = (passphrase: string | null) =>
      statusOf(`/api/videos/${jobId}`, {
        method: "PATCH",
        token,
        body: JSON.stringify({ passphrase }),
      });
    expect(await change("another one")).toBe(200);
    expect(await codeOf(link.masterUrl)).toBe("VIDEO_LINK_OVER");
    expect((await unlock(jobId, PASSPHRASE)).status).toBe(403);
    expect(await change(null)).toBe(200);
    expect((await unlock(jobId, "another one")).status).toBe(404);
    expect(await codeOf(`/v/${jobId}/master.m3u8`)).toBe("NOT_FOUND");
    expect(await change("short")).toBe(400);
  });

  test("is kept as no text, and tells nobody but the owner of itself", async () => {
    const { jobId, ownerToken: token } = await locked();
    const rows = await env.CATALOG.prepare("SELECT * FROM video_owners WHERE id = ?")
      .bind(jobId)
      .all();
    expect(JSON.stringify(rows)).not.toContain("Blaue");
    const own = await (await ask(`/api/videos/${jobId}`, { token })).json();
    expect(own).toMatchObject({ hasPassphrase: true });
    const { key } = videoLinkSchema.parse(await (await unlock(jobId, PASSPHRASE)).json());
    const seen = await (await ask(`/api/videos/${jobId}`, { token: key })).json();
    expect(seen).not.toHaveProperty("hasPassphrase");
  });
});
