import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Engine, JobPlan } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { discontinuities, initUris, parseMediaPlaylist } from "../playlist/media-playlist.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  bytesOf,
  call,
  createJob,
  hashed,
  made,
  plan,
  playlist,
  putAll,
  ScriptedHolder,
  status,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

/** The same outputs with another init segment, as from another encoder. */
async function withOtherInit(outputs: readonly MadeOutput[], mark: number): Promise<MadeOutput[]> {
  return Promise.all(
    outputs.map(async (output) => {
      const bytes = bytesOf(output);
      // Changes the track's creation time: an init segment that plays just as well, but with other bytes.
      const tkhd = new TextDecoder("latin1").decode(bytes).indexOf("tkhd");
      if (output.kind !== "init" || tkhd < 0) return output;
      bytes[tkhd + 11] = mark;
      return hashed(output, bytes);
    }),
  );
}

/** For each rendition's playlist: its init segments, and the segments that follow a discontinuity. */
async function marksOf(job: CreateJobResponse) {
  return Promise.all(
    [...plan.video, ...plan.audio].map(async ({ id }) => {
      const media = parseMediaPlaylist(await playlist(job, `${id}/playlist.m3u8`));
      return { id, inits: initUris(media), at: discontinuities(media) };
    }),
  );
}

/**
 * Makes all tasks, the video tasks by the engines in turn.
 * @param engines each with the mark that its init segments get; 0: none
 */
async function makeInTurn(job: CreateJobResponse, engines: readonly [Engine, number][]) {
  const holder = new ScriptedHolder(job);
  await holder.join();
  let video = 0;
  for (const grant of await holder.grants(plan.tasks.length)) {
    const own = made(grant.task.id);
    const turn = grant.task.kind === "audio" ? 0 : video % engines.length;
    if (grant.task.kind === "video") video += 1;
    const [engine, mark] = engines[turn] ?? ["ffmpeg-wasm", 0];
    const outputs = mark === 0 ? own : await withOtherInit(own, mark);
    await putAll(await holder.offer(grant.leaseId, outputs), outputs);
    holder.commit(grant.leaseId, engine);
    expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: grant.leaseId });
  }
  expect(video).toBeGreaterThanOrEqual(engines.length);
}

test("a browser's encoder, ffmpeg in a tab and on a server share one init segment, without a break", async () => {
  const job = await createJob();
  await makeInTurn(job, [
    ["ffmpeg-native", 0],
    ["webcodecs", 0],
    ["ffmpeg-wasm", 0],
  ]);
  for (const { id, inits, at } of await marksOf(job)) {
    expect(inits, id).toHaveLength(1);
    expect(at, id).toEqual([]);
  }
  const { segments } = await status(job);
  expect(new Set(segments.map(({ engine }) => engine)).size).toBe(3);
});

test("a finished video has a DASH manifest, a running one does not", async () => {
  const job = await createJob();
  const manifest = () => call(`/v/${job.jobId}/manifest.mpd`);
  expect((await manifest()).status).toBe(404);
  await makeInTurn(job, [["ffmpeg-native", 0]]);
  await expect.poll(async () => (await manifest()).status).toBe(200);
  const response = await manifest();
  expect(response.headers.get("content-type")).toBe("application/dash+xml");
  const text = await response.text();
  for (const { id, width } of plan.video) {
    expect(text).toMatch(new RegExp(`<Representation id="${id}" [^>]*width="${width}"`));
  }
  // All objects that it names exist.
  const named = [...text.matchAll(/(?:media|sourceURL)="([^"]+)"/g)].map(([, path]) => path);
  expect(named).toHaveLength((plan.video.length + plan.audio.length) * (plan.segments.length + 1));
  for (const path of new Set(named)) {
    expect(await env.MEDIA.head(`v/${job.jobId}/${path}`), path).not.toBeNull();
  }
  const etag = response.headers.get("etag") ?? "";
  const again = await call(`/v/${job.jobId}/manifest.mpd`, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
});

test("the podcast playlist is there with the first segments, and is the finished video's, with its audio alone", async () => {
  const job = await createJob();
  const ask = (name: string) => call(`/v/${job.jobId}/${name}.m3u8`);
  expect((await ask("podcast")).status).toBe(404);
  await makeInTurn(job, [["ffmpeg-native", 0]]);
  const alone = /^#EXT-X-STREAM-INF:[^\n]*CODECS="mp4a.40.2"[^\n]*\na0\/playlist.m3u8\n/m;
  const running = await (await ask("podcast")).text();
  expect(running).toMatch(alone);
  await expect.poll(async () => (await call(`/v/${job.jobId}/manifest.mpd`)).status).toBe(200);
  const response = await ask("podcast");
  expect(response.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  const text = await response.text();
  expect(text.replace(alone, "")).toBe(await (await ask("master")).text());
});

test("another init segment than the planned one is refused, whoever brings it", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const grant = (await holder.grants(plan.tasks.length)).find(({ task }) => task.kind === "video");
  if (grant === undefined) throw new Error("A segment is needed.");
  const outputs = await withOtherInit(made(grant.task.id), 1);
  await putAll(await holder.offer(grant.leaseId, outputs), outputs);
  holder.commit(grant.leaseId, "webcodecs");
  expect(await holder.verdict()).toMatchObject({ type: "rejected", code: "INIT_MISMATCH" });
  const { objects } = await env.MEDIA.list({ prefix: `v/${job.jobId}/` });
  expect(objects.filter(({ key }) => key.includes("/init-"))).toEqual([]);
});

test("parameter sets of another size, level or colour are no plan", async () => {
  const [first, ...others] = plan.video;
  const sets = first?.parameterSets;
  if (first === undefined || sets === undefined) throw new Error("A planned init is needed.");
  const create = (parameterSets: object) => {
    const video = [{ ...first, parameterSets: { ...sets, ...parameterSets } }, ...others];
    return createJob({ ...plan, video } as JobPlan);
  };
  // Parameter sets of Firefox (High, level 3.0, 640x360). Below, bytes that are no parameter sets.
  const firefox = { sps: "Z2QAHqzZQKAv+WEAAAMAAQAAHoSADxYtlg==", pps: "aOvssiw=" };
  await expect(create({ browser: firefox })).rejects.toThrow("PLAN_INVALID");
  await expect(create({ browser: { sps: "AAAA", pps: "AAAA" } })).rejects.toThrow("PLAN_INVALID");
  const colour = { ...sets.colour, matrix: sets.colour.matrix === 1 ? 6 : 1 };
  await expect(create({ colour })).rejects.toThrow("PLAN_INVALID");
});

test("in plans from before there was one init segment, a map and a discontinuity stand at each switch", async () => {
  const video = plan.video.map(({ parameterSets: _, ...rendition }) => rendition);
  const job = await createJob({ ...plan, video });
  await makeInTurn(job, [
    ["ffmpeg-native", 0],
    ["webcodecs", 1],
    ["webcodecs", 2],
  ]);
  const marks = await marksOf(job);
  const picture = marks.filter(({ id }) => id.startsWith("v"));
  for (const { inits } of picture) expect(inits.length).toBeGreaterThanOrEqual(3);
  // Discontinuities at the same segments in all renditions, audio included (Apple's HLS authoring specification,
  // 9.15).
  for (const { at } of marks) expect(at).toEqual(picture[0]?.at);
  expect(picture[0]?.at.slice(0, 2)).toEqual([1, 2]);
});
