import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { siteRoutes } from "../../edge/routes/site.ts";
import { assembleRequest } from "../../edge/servers/mp4.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import { siteSchema } from "../../shared/wire/api.ts";
import { assembleRequestSchema } from "../../shared/wire/container.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist.ts";
import {
  bytesOf,
  call,
  createJob,
  made,
  makeAll,
  plan,
  playlist,
  putAll,
  ScriptedHolder,
  until,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

async function readyJob() {
  const job = await createJob();
  await makeAll(job);
  return job;
}

async function problem(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const said = problemSchema.parse(await response.json());
  expect(said.status).toBe(response.status);
  return said.code;
}

test("a site says that servers are there when they answer, not when it knows their address", async () => {
  const servers = async (bindings: Partial<Cloudflare.Env>) => {
    const response = await siteRoutes.request("/", {}, { ...env, ...bindings });
    return siteSchema.parse(await response.json()).servers;
  };
  expect(await servers({ CONTAINER_URL: "" })).toBe(false);
  expect(await servers({ CONTAINER_URL: "http://127.0.0.1:9" })).toBe(false);
  // Containers start on the first call, so a deployed site always has servers.
  expect(await servers({ CONTAINER_URL: "", S3_ENDPOINT: "https://storage.test" })).toBe(true);
});

function post(body: BodyInit, ip: string, headers: Record<string, string> = {}) {
  return call("/api/jobs", {
    method: "POST",
    body,
    headers: { "cf-connecting-ip": ip, ...headers },
  });
}

test("what is asked wrongly gets a problem with a code", async () => {
  const id = "0".repeat(20);
  expect(await problem(await call("/api/nothing"))).toBe("NOT_FOUND");
  expect(await problem(await call(`/api/jobs/${id}`))).toBe("JOB_NOT_FOUND");
  expect(await problem(await call("/api/jobs/..%2f"))).toBe("JOB_NOT_FOUND");
  expect(await problem(await call("/coordinator-status"))).toBe("REQUEST_INVALID");
  expect(await problem(await call(`/coordinator-status?jobGroupId=${id}`))).toBe("JOB_NOT_FOUND");
  expect(await problem(await call(`/api/jobs/${id}/socket`))).toBe("REQUEST_INVALID");
  const upgrade = { headers: { upgrade: "websocket" } };
  const strange = await call(`/api/jobs/${id}/socket?ticket=x`, upgrade);
  expect(await problem(strange)).toBe("UNAUTHORIZED");
  expect(await problem(await call("/api/videos?limit=0"))).toBe("REQUEST_INVALID");
  expect(await problem(await call("/api/videos?cursor=x"))).toBe("REQUEST_INVALID");
  expect(await problem(await call(`/v/${id}/master.m3u8`))).toBe("NOT_FOUND");
  expect(await problem(await call(`/v/${id}/v480/${"0".repeat(64)}.m4s`))).toBe("NOT_FOUND");
});

test("only a plan that holds becomes a job", async () => {
  const ip = "plans";
  expect(await problem(await post("", ip))).toBe("REQUEST_INVALID");
  expect(await problem(await post("{}", ip))).toBe("REQUEST_INVALID");
  const [first, ...rest] = plan.segments;
  const gap = JSON.stringify({ plan: { ...plan, segments: rest } });
  expect(first).toBeDefined();
  expect(await problem(await post(gap, ip))).toBe("PLAN_INVALID");
  const twice = JSON.stringify({ plan: { ...plan, tasks: [...plan.tasks, plan.tasks[0]] } });
  expect(await problem(await post(twice, ip))).toBe("PLAN_INVALID");
  const huge = JSON.stringify({ plan, padding: "x".repeat(17 * 1024 * 1024) });
  expect(await problem(await post(huge, ip))).toBe("REQUEST_INVALID");
});

test("job creation has a rate limit", async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 25; n += 1) statuses.push((await post("{}", "eager")).status);
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(400));
  expect(statuses.slice(20)).toEqual(Array(5).fill(429));
  expect((await post("{}", "somebody else")).status).toBe(400);
});

test("who made what is the owner's to see", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  await holder.deliver(await holder.grant());
  const asks = async (headers: Record<string, string>) =>
    (await call(`/api/jobs/${job.jobId}`, { headers })).text();
  const owner = await asks({ authorization: `Bearer ${job.ownerToken}` });
  expect(owner).toContain(holder.holderId);
  for (const headers of [{}, { authorization: "Bearer guess" }]) {
    const text = await asks(headers);
    expect(text).not.toContain(holder.holderId);
    expect(JSON.parse(text)).toMatchObject({ holders: [], segments: [], state: "running" });
  }
});

test("playlists grow while the job runs, and show accepted segments only", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const address = `/v/${job.jobId}/v144/playlist.m3u8`;
  expect((await call(address)).status).toBe(404);
  const grants = await holder.grants(plan.tasks.length);
  const sound = grants.find(({ task }) => task.kind === "audio");
  const picture = grants.find(({ task }) => task.kind === "video");
  if (!sound || !picture) throw new Error("Sound and picture are needed.");
  await holder.deliver(sound);
  expect((await call(address)).status).toBe(404);
  // Offered and uploaded, but not yet committed.
  const outputs = made(picture.task.id);
  await putAll(await holder.offer(picture.leaseId, outputs), outputs);
  expect((await call(address)).status).toBe(404);
  holder.commit(picture.leaseId);
  await holder.verdict();

  const response = await call(address);
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(response.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
  await response.body?.cancel();
  const shown = parseMediaPlaylist(await playlist(job, "v144/playlist.m3u8"));
  expect(shown).toMatchObject({ playlistType: "EVENT", endlist: false });
  const [media] = outputs.filter(({ kind, rendition }) => kind === "media" && rendition === "v144");
  const [uri] = shown.segments.map((segment) => segment.uri);
  expect(shown.segments).toHaveLength(1);
  expect(namedHashes(`/${uri}`)?.sha256).toBe(media?.sha256);
  expect(uri).toContain(picture.leaseId);
});

test("playlists are zipped for those who take it", async () => {
  const job = await readyJob();
  const address = `/v/${job.jobId}/master.m3u8`;
  const plain = await playlist(job, "master.m3u8");
  expect(plain).toContain("#EXT-X-STREAM-INF");
  for (const accept of ["gzip", "br, gzip;q=0.5", "*"]) {
    const zipped = await call(address, { headers: { "accept-encoding": accept } });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    // Between Workers the runtime decompresses a gzipped body by itself.
    expect(new TextDecoder().decode(await zipped.arrayBuffer())).toBe(plain);
  }
  for (const accept of ["identity", "gzip;q=0", "br"]) {
    const response = await call(address, { headers: { "accept-encoding": accept } });
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("vary")).toBe("accept-encoding");
    await response.body?.cancel();
  }
});

test("segments are served in parts, by hash, for ever, to players on any site", async () => {
  const job = await readyJob();
  const text = await playlist(job, "v144/playlist.m3u8");
  const file = /^\S+\.m4s$/m.exec(text)?.[0] ?? "";
  const outputs = plan.tasks.flatMap(({ id }) => made(id));
  const media = outputs.find(({ sha256 }) => file.includes(sha256));
  if (media === undefined) throw new Error("The first segment is not the one that was made.");
  const bytes = bytesOf(media);
  const address = `/v/${job.jobId}/v144/${file}`;
  const get = (headers: Record<string, string> = {}, method = "GET") =>
    call(address, { method, headers });

  const whole = await get({ origin: "https://elsewhere.example" });
  expect(whole.status).toBe(200);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "content-type": "video/iso.segment",
    "cache-control": "public, max-age=31536000, immutable",
    "accept-ranges": "bytes",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  });
  expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
  const etag = whole.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[^"]+"$/);

  const size = bytes.length;
  const parts: [string, number, number][] = [
    ["bytes=0-99", 0, 100],
    ["bytes=100-", 100, size],
    ["bytes=-50", size - 50, size],
    [`bytes=10-${size * 2}`, 10, size],
    ["bytes=10-99999999999999999999", 10, size],
    [`bytes=-${size * 2}`, 0, size],
  ];
  for (const [range, from, to] of parts) {
    const part = await get({ range });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${size}`);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(from, to));
  }
  for (const range of [`bytes=${size}-`, "bytes=-0", "bytes=99999999999999999999-"]) {
    const none = await get({ range });
    expect(none.status).toBe(416);
    expect(none.headers.get("content-range")).toBe(`bytes */${size}`);
  }
  for (const range of ["bytes=5-2", "bytes=0-1,3-4", "items=0-1", "bytes=-"]) {
    const ignored = await get({ range });
    expect(ignored.status).toBe(200);
    await ignored.body?.cancel();
  }
  const stale = await get({ range: "bytes=0-9", "if-range": '"other"' });
  expect(stale.status).toBe(200);
  await stale.body?.cancel();
  const fresh = await get({ range: "bytes=0-9", "if-range": etag });
  expect(fresh.status).toBe(206);
  await fresh.body?.cancel();
  for (const method of ["GET", "HEAD"]) {
    const known = await get({ "if-none-match": `W/"x", ${etag}` }, method);
    expect(known.status).toBe(304);
    expect(known.headers.get("etag")).toBe(etag);
  }
  const changed = await get({ "if-none-match": '"x"' });
  expect(changed.status).toBe(200);
  await changed.body?.cancel();
  const head = await get({}, "HEAD");
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe(String(size));
});

test("what is not there is not there, whatever the client says to have", async () => {
  const job = await readyJob();
  for (const path of [`v144/${"0".repeat(64)}.m4s`, "v999/playlist.m3u8", "download.mp4"]) {
    const headers = { "if-none-match": `*, "${"0".repeat(64)}"`, range: "bytes=0-9" };
    expect(await problem(await call(`/v/${job.jobId}/${path}`, { headers }))).toBe("NOT_FOUND");
  }
});

test("a playlist that has not changed is not sent again, while the job runs and after", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const address = `/v/${job.jobId}/v144/playlist.m3u8`;
  const ask = async (headers: Record<string, string>) => {
    const response = await call(address, { headers });
    await response.arrayBuffer();
    return response;
  };
  const grants = await holder.grants(plan.tasks.length);
  for (const grant of grants.slice(0, -1)) await holder.deliver(grant);
  let before = "";
  for (const state of ["running", "ready"] as const) {
    if (state === "ready") for (const grant of grants.slice(-1)) await holder.deliver(grant);
    await until(job, state);
    const { headers } = await ask({});
    const etag = headers.get("etag") ?? "";
    expect(etag).not.toBe(before);
    for (const accept of ["gzip", "identity"]) {
      const again = await ask({ "if-none-match": etag, "accept-encoding": accept });
      expect(again.status).toBe(304);
      expect(again.headers.get("etag")).toBe(etag);
    }
    expect((await ask({ "if-none-match": '"other"' })).status).toBe(200);
    before = etag;
  }
});

test("a server is asked for the MP4 of the best rendition and the first sound, all of both", async () => {
  const { jobId } = await readyJob();
  const request = await assembleRequest(env, jobId, "http://localhost");
  expect(assembleRequestSchema.parse(request)).toEqual(request);
  const largest = plan.video.reduce((a, b) => (b.height > a.height ? b : a));
  for (const [track, rendition] of [
    [request.video, largest],
    [request.audio, plan.audio[0]],
  ] as const) {
    expect(track?.media).toHaveLength(plan.segments.length);
    for (const url of [track?.init, ...(track?.media ?? [])]) {
      expect(new URL(url ?? "").pathname).toContain(`/v/${jobId}/${rendition?.id}/`);
    }
  }
});

test("the catalogue goes page by page, the newest first", async () => {
  const jobs = [
    await createJob(plan, "listed"),
    await createJob(plan, "listed"),
    await createJob(plan, "listed"),
  ];
  const ids: string[] = [];
  let cursor = "";
  do {
    const response = await call(`/api/videos?limit=2${cursor && `&cursor=${cursor}`}`);
    const page = (await response.json()) as { videos: { id: string }[]; cursor: string | null };
    expect(page.videos.length).toBeLessThanOrEqual(2);
    ids.push(...page.videos.map(({ id }) => id));
    cursor = page.cursor ?? "";
  } while (cursor !== "");
  expect(new Set(ids).size).toBe(ids.length);
  const order = jobs.map(({ jobId }) => ids.indexOf(jobId));
  expect(order.every((at) => at >= 0)).toBe(true);
});

test("the coordinator's status counts a job's parts", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const grant = await holder.grant();
  await holder.deliver(grant);
  const { task } = grant;
  const response = await call(`/coordinator-status?jobGroupId=${job.jobId}`);
  expect(await response.json()).toMatchObject({
    jobGroupId: job.jobId,
    state: "running",
    segments: { total: plan.segments.length * 3, done: task.segmentCount * task.renditions.length },
    tasks: { total: plan.tasks.length, done: 1, leased: 0, failedAttempts: 0 },
    holders: { total: 1, connected: 1 },
  });
});
