import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { CreatePoolResponse } from "../../shared/wire/pool.ts";
import { EdgeClient, OperatorClient, PoolClient, type UploadState } from "../../web/client.ts";
import { jpeg, STORYBOARD } from "./made-pictures.ts";
import { tokenOf } from "./pool-tab.ts";
import { makeAll, plan } from "./scripted-holder.ts";

// The typed client of programs, against the real Worker and its storage: each operation of the document.

const SITE = "http://localhost";
const ADMIN_TOKEN = "the-operator's-own-token";
const CREATE_TOKEN = "for-those-who-may-create";

/** "get /api/videos/:id" of each request that was answered. */
const asked = new Set<string>();

const others = globalThis.fetch;

beforeAll(async () => {
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
  globalThis.fetch = async (address, init) => {
    const url = new URL(String(address));
    // Storage is elsewhere.
    if (!/^\/(api|oembed|coordinator-status)\b/.test(url.pathname)) return others(address, init);
    const request = new Request(url, init);
    request.headers.set("cf-connecting-ip", `client-test-${asked.size}`);
    const bindings = { ...env, ADMIN_TOKEN, CREATE_TOKEN };
    const response = await app.fetch(request, bindings, createExecutionContext());
    asked.add(`${request.method.toLowerCase()} ${url.pathname}`);
    return response;
  };
});
afterAll(() => {
  globalThis.fetch = others;
});

const client = new EdgeClient(SITE);
const site = new OperatorClient(SITE);
const pools = new PoolClient(SITE);

const codeOf = (calling: Promise<unknown>): Promise<string> =>
  calling.then(
    () => "no error",
    (thrown: unknown) => (thrown instanceof TributaryError ? thrown.code : String(thrown)),
  );

test("jobs, from the plan to the end", async () => {
  expect(await client.site()).toMatchObject({ createToken: true });
  const { token } = await client.createUploadToken(CREATE_TOKEN, 5);
  expect(await codeOf(client.createUploadToken("another"))).toBe("FORBIDDEN");
  const job = await client.createJob(plan, { createToken: token, visibility: "private" });
  const { jobId, ownerToken } = job;
  expect(await client.jobCounts(jobId, ownerToken)).toMatchObject({ state: "planned" });
  expect(await codeOf(client.jobCounts(jobId))).toBe("JOB_NOT_FOUND");
  expect(await client.socketTicket(jobId, ownerToken)).toContain(".");
  const { joinUrl } = await client.share(jobId, ownerToken, {
    expiresInMinutes: 5,
    maxContributors: 2,
  });
  expect(joinUrl).toContain(jobId);
  await client.removeContributor(jobId, ownerToken, "somebody");
  await client.revokeShares(jobId, ownerToken);
  expect(await codeOf(client.webhookStatus(jobId, ownerToken))).toBe("NOT_FOUND");

  expect(await codeOf(client.jobEvents(jobId).next())).toBe("JOB_NOT_FOUND");
  const states: string[] = [];
  const told = (async () => {
    for await (const counts of client.jobEvents(jobId, ownerToken)) states.push(counts.state);
  })();
  await makeAll(job);
  await told;
  expect([states[0], states.at(-1)]).toEqual(["planned", "ready"]);
  const status = await client.jobStatus(jobId, ownerToken);
  expect(status.endedAtMs).not.toBeNull();

  const other = await client.createJob(plan, { createToken: CREATE_TOKEN });
  // Nobody has to hear it to its end.
  for await (const { state } of client.jobEvents(other.jobId)) {
    expect(state).toBe("planned");
    break;
  }
  await client.cancelJob(other.jobId, other.ownerToken);
  expect(await client.jobCounts(other.jobId, other.ownerToken)).toMatchObject({
    state: "cancelled",
  });
});

test("uploads, and jobs of them", async () => {
  const file = new File(["a video"], "film.mp4");
  const upload = await client.upload(file, { createToken: CREATE_TOKEN });
  // Servers would read it.
  expect(await codeOf(client.createWholeJob({ source: { upload } }))).toBe("UNAUTHORIZED");
  const options = { createToken: CREATE_TOKEN };
  expect(await codeOf(client.createWholeJob({ source: { upload } }, options))).toBe(
    "ENGINE_UNAVAILABLE",
  );
  const begun: UploadState[] = [];
  const abort = new AbortController();
  const broken = client.upload(file, {
    ...{ createToken: CREATE_TOKEN, signal: abort.signal },
    onState: (state) => {
      begun.push(state);
      abort.abort();
    },
  });
  await expect(broken).rejects.toThrow();
  await client.abortUpload(begun[0]?.upload ?? "");
});

test("finished videos, and all that is given to them", async () => {
  const job = await client.createJob(plan, { createToken: CREATE_TOKEN, visibility: "listed" });
  await makeAll(job);
  const { jobId: id, ownerToken: token, watchUrl } = job;
  expect(await client.changeVideo(id, token, { title: "Lesson 3" })).toEqual({ title: "Lesson 3" });
  expect((await client.listVideos(null, "lesson 3")).videos.map((video) => video.id)).toContain(id);
  expect((await client.video(id)).title).toBe("Lesson 3");
  expect(await client.oembed(watchUrl, { maxWidth: 320 })).toMatchObject({
    ...{ title: "Lesson 3", width: 320 },
  });
  expect((await client.checkVideo(id, token)).ok).toBe(true);
  expect((await client.videoFiles(id)).tracks.length).toBeGreaterThan(0);
  expect((await client.mp4Status(id)).state).toBe("none");
  expect(await codeOf(client.makeMp4(id, token))).toBe("ENGINE_UNAVAILABLE");

  const text = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello";
  const added = await client.addCaptions(id, token, { format: "vtt", language: "en", text });
  expect((await client.captions(id)).captions).toEqual([added]);
  await client.deleteCaptions(id, token, added.id);
  expect((await client.captions(id)).captions).toEqual([]);
  const picture = new Blob([jpeg(160, 90)], { type: "image/jpeg" });
  expect((await client.savePoster(id, token, picture)).poster).toMatchObject({ width: 160 });
  expect((await client.saveStoryboard(id, token, STORYBOARD)).storyboardPath).toContain(id);

  await client.keepOriginal(id, token, new File(["the original"], "film.mov"));
  const original = await client.original(id, token);
  expect(await new Response(original).text()).toBe("the original");
  expect(await codeOf(client.original(id))).toBe("FORBIDDEN");
  await client.deleteOriginal(id, token);
  expect(await codeOf(client.original(id, token))).toBe("NOT_FOUND");

  await client.countPlay(id);
  await client.reportVideo(id, { reason: "other" });
  const reports = await site.reports(ADMIN_TOKEN);
  const report = reports.find(({ videoId }) => videoId === id);
  await site.settleReport(ADMIN_TOKEN, report?.id ?? 0);
  expect((await client.video(id, token)).plays).toBe(1);

  await client.changeVideo(id, token, { visibility: "private", passphrase: "seven herons" });
  const { key } = await client.linkVideo(id, token);
  expect((await client.video(id, key)).title).toBe("Lesson 3");
  expect((await client.unlockVideo(id, "seven herons")).key).not.toBe(key);
  await client.withdrawLinks(id, token);
  expect(await codeOf(client.video(id, key))).toBe("VIDEO_LINK_OVER");
  await client.deleteVideo(id, token);
  expect(await codeOf(client.video(id, token))).toBe("NOT_FOUND");
});

test("the site, by its operator", async () => {
  const { rules } = await site.overview(ADMIN_TOKEN);
  expect(await site.saveRules(ADMIN_TOKEN, rules)).toEqual(rules);
  expect(await codeOf(site.overview("another"))).toBe("FORBIDDEN");
  const backup = await site.backUpCatalogue(ADMIN_TOKEN);
  expect(await site.restoreCatalogue(ADMIN_TOKEN, backup)).toBe(0);
});

test("pools, by their operator", async () => {
  const pool: CreatePoolResponse = await pools.create("Media club", CREATE_TOKEN);
  const { poolId: id, operatorToken: token } = pool;
  const link = await pools.addLink(id, token, { kind: "join", label: "Class 7b" });
  expect(await pools.ticket(id, tokenOf(link.url))).toContain(".");
  await pools.endLink(id, token, link.linkId);
  await pools.removeMember(id, token, "nobody").catch(() => {});
  expect((await pools.change(id, token, { name: "Film club" })).name).toBe("Film club");
  expect((await pools.facts(id, token)).name).toBe("Film club");
  expect((await pools.overview(id, token)).links.length).toBeGreaterThan(1);
  await pools.end(id, token);
  expect(await codeOf(pools.facts(id, token))).toBe("POOL_NOT_FOUND");
});

test("no operation of the document is left out", async () => {
  const response = await fetch(`${SITE}/api/openapi.json`);
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const missing = Object.entries(paths).flatMap(([path, methods]) => {
    const pattern = path.replaceAll(/\{\w+\}/g, "[^/]+");
    return Object.entries(methods)
      .filter(([method]) => {
        const isIt = new RegExp(`^${method} ${pattern}$`);
        return ![...asked].some((each) => isIt.test(each));
      })
      .map(([, { operationId }]) => operationId);
  });
  expect(missing).toEqual([]);
});
