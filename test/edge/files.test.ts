import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { segmentFrames, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { videoFilesSchema } from "../../shared/wire/files.ts";
import { createJob, makeAll, plan } from "./scripted-holder.ts";

// The list of a finished video's objects, from which pages make files.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

async function get(path: string): Promise<Response> {
  return app.fetch(new Request(`http://localhost${path}`), env, createExecutionContext());
}

test("every object is named once, with the size that it is served with", async () => {
  const job = await createJob();
  expect((await get(`/api/videos/${job.jobId}/files`)).status).toBe(404);
  await makeAll(job);
  const files = videoFilesSchema.parse(await (await get(`/api/videos/${job.jobId}/files`)).json());
  expect(files.durationSeconds).toBe(plan.source.durationTicks / TICKS_PER_SECOND);
  const ids = [...plan.video].sort((a, b) => b.height - a.height).map(({ id }) => id);
  expect(files.tracks.map(({ rendition }) => rendition)).toEqual([
    ...ids,
    ...plan.audio.map(({ id }) => id),
  ]);
  const frames = plan.segments.reduce((sum, segment) => sum + segmentFrames(segment), 0);
  for (const { kind, media } of files.tracks) {
    expect(media).toHaveLength(plan.segments.length);
    if (kind === "video") expect(media.reduce((sum, each) => sum + each.frames, 0)).toBe(frames);
  }
  const objects = [...files.tracks.flatMap(({ init, media }) => [init, ...media]), ...files.others];
  expect(new Set(objects.map(({ path }) => path)).size).toBe(objects.length);
  for (const { path, sizeBytes } of objects) {
    const bytes = await (await get(`/v/${job.jobId}/${path}`)).arrayBuffer();
    expect(bytes.byteLength, path).toBe(sizeBytes);
  }
  expect(files.others.map(({ path }) => path)).toContain("master.m3u8");
});
