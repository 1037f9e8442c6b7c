import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { parse } from "hls-parser";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { captionsPrefix } from "../../shared/job/object-keys.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import {
  captionsListSchema,
  captionsSchema,
  MOST_CAPTION_CHARACTERS,
  MOST_CAPTION_TRACKS,
  type NewCaptions,
} from "../../shared/wire/captions.ts";
import { createJob, makeAll, plan, ScriptedHolder } from "./scripted-holder.ts";

// Captions from the API to the playlists.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const SRT = `1
00:00:00,500 --> 00:00:01,500
First <i>line</i>

2
00:00:01,900 --> 00:00:02,500
Across the joint
`;
const GERMAN: NewCaptions = { language: "ger", format: "srt", text: SRT, isDefault: true };

async function ask(method: string, path: string, token: string | null, body?: unknown) {
  const headers = new Headers(token === null ? {} : { authorization: `Bearer ${token}` });
  const text = body === undefined ? null : JSON.stringify(body);
  const request = new Request(`http://localhost${path}`, { method, headers, body: text });
  return app.fetch(request, env, createExecutionContext());
}

async function add({ jobId, ownerToken }: CreateJobResponse, sent: NewCaptions) {
  const response = await ask("POST", `/api/videos/${jobId}/captions`, ownerToken, sent);
  expect(response.status).toBe(201);
  return captionsSchema.parse(await response.json());
}

async function listed(jobId: string) {
  const response = await ask("GET", `/api/videos/${jobId}/captions`, null);
  expect(response.status).toBe(200);
  return captionsListSchema.parse(await response.json());
}

async function text(path: string): Promise<string> {
  const response = await ask("GET", path, null);
  expect(response.status, path).toBe(200);
  return response.text();
}

async function codeOf(response: Response): Promise<[number, unknown]> {
  const answer = (await response.json()) as { code: unknown };
  return [response.status, answer.code];
}

function subtitlesOf(master: string) {
  const playlist = parse(master);
  if (!playlist.isMasterPlaylist) throw new Error("Not a multivariant playlist.");
  return playlist.variants
    .filter(({ isIFrameOnly }) => !isIFrameOnly)
    .map((each) => each.subtitles);
}

async function media(path: string) {
  const playlist = parse(await text(path));
  if (playlist.isMasterPlaylist) throw new Error("Not a media playlist.");
  return playlist;
}

async function segmentsOf(jobId: string, id: string) {
  const playlist = await media(`/v/${jobId}/${id}/playlist.m3u8`);
  const texts = playlist.segments.map(({ uri }) => text(`/v/${jobId}/${id}/${uri}`));
  return { playlist, texts: await Promise.all(texts) };
}

describe("while the video is made", () => {
  test("captions stand in the playlists at once, and grow and end with the video", async () => {
    const job = await createJob();
    const { jobId } = job;
    const early = await add(job, GERMAN);
    const holder = new ScriptedHolder(job);
    await holder.join();
    for (const grant of await holder.grants(plan.tasks.length - 1)) await holder.deliver(grant);
    const late = await add(job, { ...GERMAN, language: "en", name: "English for all" });

    const master = await text(`/v/${jobId}/master.m3u8`);
    for (const group of subtitlesOf(master)) {
      expect(
        group.map(({ language, name, isDefault, forced, uri }) => ({
          language,
          name,
          isDefault,
          forced,
          uri,
        })),
      ).toEqual([
        {
          language: "de",
          name: "German",
          isDefault: true,
          forced: false,
          uri: `${early.id}/playlist.m3u8`,
        },
        {
          language: "en",
          name: "English for all",
          isDefault: false,
          forced: false,
          uri: `${late.id}/playlist.m3u8`,
        },
      ]);
    }
    const growing = await segmentsOf(jobId, late.id);
    expect(growing.playlist.playlistType).toBe("EVENT");
    expect(growing.playlist.endlist).toBe(false);
    expect(growing.texts.length).toBeGreaterThan(0);
    expect(growing.texts.length).toBeLessThan(plan.segments.length);

    for (const grant of await holder.grants(1)) await holder.deliver(grant);
    holder.close();
  });
});

test("a finished video's captions: cut where its segments are, each with the clock of the video", async () => {
  const job = await createJob();
  const { jobId, ownerToken } = job;
  await makeAll(job);
  const plain = await text(`/v/${jobId}/master.m3u8`);
  expect(subtitlesOf(plain)).toEqual(plan.video.map(() => []));
  const { id, url, cues, notices } = await add(job, GERMAN);
  expect({ cues, notices }).toEqual({ cues: 2, notices: [] });

  const { playlist, texts } = await segmentsOf(jobId, id);
  const video = await media(`/v/${jobId}/${plan.video[0]?.id}/playlist.m3u8`);
  expect(playlist.playlistType).toBe("VOD");
  expect(playlist.endlist).toBe(true);
  expect(playlist.targetDuration).toBe(video.targetDuration);
  expect(playlist.segments.map(({ duration }) => duration)).toEqual(
    video.segments.map(({ duration }) => duration),
  );
  for (const each of texts) {
    expect(each.startsWith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n")).toBe(true);
  }
  const joint = video.segments[0]?.duration ?? 0;
  const across = texts.map((each) => each.includes("Across the joint"));
  let at = 0;
  expect(across).toEqual(
    video.segments.map(({ duration }) => {
      const isShown = at < 2.5 && at + duration > 1.9;
      at += duration;
      return isShown;
    }),
  );
  expect(joint).toBeGreaterThan(0);
  expect(texts[0]).toContain("00:00:00.500 --> 00:00:01.500\nFirst <i>line</i>\n");
  expect(await text(new URL(url).pathname)).toContain("00:00:01.900 --> 00:00:02.500");

  const inDash = `<BaseURL>${id}/captions.vtt</BaseURL>`;
  expect(await text(`/v/${jobId}/manifest.mpd`)).toContain(inDash);

  const path = `/api/videos/${jobId}/captions/${id}`;
  const addresses = [`${id}/playlist.m3u8`, `${id}/captions.vtt`, `${id}/0-2000000.vtt`];
  expect((await ask("DELETE", path, ownerToken)).status).toBe(204);
  expect(await text(`/v/${jobId}/master.m3u8`)).toBe(plain);
  expect(await text(`/v/${jobId}/manifest.mpd`)).not.toContain(inDash);
  for (const each of addresses) {
    expect((await ask("GET", `/v/${jobId}/${each}`, null)).status).toBe(404);
  }
  expect(await codeOf(await ask("DELETE", path, ownerToken))).toEqual([404, "NOT_FOUND"]);
  const left = await env.MEDIA.list({ prefix: captionsPrefix(jobId) });
  expect(left.objects).toEqual([]);
});

test("only the owner adds and deletes; a private video's captions are its owner's", async () => {
  const job = await createJob(plan, "private");
  const other = await createJob();
  await makeAll(job);
  const { jobId, ownerToken } = job;
  const path = `/api/videos/${jobId}/captions`;
  const { id } = await add(job, GERMAN);
  for (const token of [null, other.ownerToken]) {
    const asked = await Promise.all([
      ask("GET", path, token),
      ask("POST", path, token, GERMAN),
      ask("DELETE", `${path}/${id}`, token),
      ask("GET", `/v/${jobId}/${id}/playlist.m3u8`, token),
      ask("GET", `/v/${jobId}/${id}/captions.vtt`, token),
      ask("GET", `/v/${jobId}/${id}/0-2000000.vtt`, token),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
  }
  const own = await ask("GET", `/v/${jobId}/${id}/captions.vtt`, ownerToken);
  expect(own.headers.get("cache-control")).toBe("private, no-cache");

  const open = `/api/videos/${other.jobId}/captions`;
  expect((await ask("POST", open, null, GERMAN)).status).toBe(401);
  expect((await ask("POST", open, ownerToken, GERMAN)).status).toBe(403);
});

test("limits: what is no captions, too long, or one track too many", async () => {
  const job = await createJob();
  const { jobId, ownerToken } = job;
  const path = `/api/videos/${jobId}/captions`;
  const refused = async (sent: object) => {
    const [status, code] = await codeOf(
      await ask("POST", path, ownerToken, { ...GERMAN, ...sent }),
    );
    return `${status} ${code}`;
  };
  expect(await refused({ text: "Dear diary" })).toBe("422 CAPTIONS_INVALID");
  expect(await refused({ language: 'en",URI="x' })).toBe("400 REQUEST_INVALID");
  expect(await refused({ format: "pgs" })).toBe("400 REQUEST_INVALID");
  expect(await refused({ text: "x".repeat(MOST_CAPTION_CHARACTERS + 1) })).toBe(
    "400 REQUEST_INVALID",
  );
  expect((await listed(jobId)).captions).toEqual([]);

  for (let n = 0; n < MOST_CAPTION_TRACKS; n += 1) await add(job, GERMAN);
  expect(await refused({})).toBe("409 CAPTIONS_FULL");
  const stored = await env.MEDIA.list({ prefix: captionsPrefix(jobId) });
  expect(stored.objects).toHaveLength(MOST_CAPTION_TRACKS);
  const names = (await listed(jobId)).captions.map(({ name }) => name);
  expect(names).toHaveLength(MOST_CAPTION_TRACKS);
});

test("a track of the source is taken once, and not again when its owner deleted it", async () => {
  const job = await createJob();
  const { jobId, ownerToken } = job;
  const sent = { ...GERMAN, sourceTrack: 3 };
  const first = await add(job, sent);
  expect(await add(job, { ...sent, text: SRT.replace("First", "Other") })).toEqual(first);
  await ask("DELETE", `/api/videos/${jobId}/captions/${first.id}`, ownerToken);
  expect(await listed(jobId)).toEqual({ captions: [], sourceTracks: [3] });
  const again = await ask("POST", `/api/videos/${jobId}/captions`, ownerToken, sent);
  expect(await codeOf(again)).toEqual([409, "CAPTIONS_FULL"]);
});

test("names of strangers stay within their attribute, and differ", async () => {
  const job = await createJob();
  await makeAll(job);
  const name = 'a"\n#EXT-X-ENDLIST\n';
  await add(job, { ...GERMAN, name });
  await add(job, { ...GERMAN, name, isForced: true });
  const master = await text(`/v/${job.jobId}/master.m3u8`);
  const [group = []] = subtitlesOf(master);
  expect(group.map(({ name: shown, isDefault, forced }) => [shown, isDefault, forced])).toEqual([
    ["a’ #EXT-X-ENDLIST", true, false],
    ["a’ #EXT-X-ENDLIST (2)", false, true],
  ]);
  expect(master).not.toMatch(/^#EXT-X-ENDLIST/m);
});

test("a deleted video leaves nothing of its captions", async () => {
  const job = await createJob();
  const { jobId, ownerToken } = job;
  await makeAll(job);
  await add(job, GERMAN);
  expect((await ask("DELETE", `/api/videos/${jobId}`, ownerToken)).status).toBe(204);
  const { objects } = await env.MEDIA.list({ prefix: captionsPrefix(jobId) });
  expect(objects).toEqual([]);
  const rows = await env.CATALOG.prepare("SELECT 1 FROM captions WHERE video_id = ?")
    .bind(jobId)
    .all();
  expect(rows.results).toEqual([]);
});
