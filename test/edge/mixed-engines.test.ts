import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Engine } from "../../shared/job/job.ts";
import { discontinuities, initUris, parseMediaPlaylist } from "../playlist/media-playlist.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  bytesOf,
  createJob,
  hashed,
  made,
  plan,
  playlist,
  putAll,
  ScriptedHolder,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

/** The same output with another init segment, as another encoder would give it. */
async function withOtherInit(outputs: readonly MadeOutput[], mark: number): Promise<MadeOutput[]> {
  return Promise.all(
    outputs.map(async (output) => {
      const bytes = bytesOf(output);
      // A bit of the track's creation time: it plays as well, but it is another init segment.
      const tkhd = new TextDecoder("latin1").decode(bytes).indexOf("tkhd");
      if (output.kind !== "init" || tkhd < 0) return output;
      bytes[tkhd + 11] = mark;
      return hashed(output, bytes);
    }),
  );
}

test("encoders of different browsers and ffmpeg share a job, with a map and a discontinuity at each switch", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const grants = await holder.grants(plan.tasks.length);
  const engines: [Engine, number][] = [
    ["ffmpeg-native", 0],
    ["webcodecs", 1],
    ["webcodecs", 2],
  ];
  let video = 0;
  for (const grant of grants) {
    const own = made(grant.task.id);
    const [engine, mark] = engines[grant.task.kind === "audio" ? 0 : video % 3] ?? [];
    if (engine === undefined || mark === undefined) throw new Error("No engine.");
    if (grant.task.kind === "video") video += 1;
    const outputs = mark === 0 ? own : await withOtherInit(own, mark);
    await putAll(await holder.offer(grant.leaseId, outputs), outputs);
    holder.commit(grant.leaseId, engine);
    expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: grant.leaseId });
  }
  expect(video).toBeGreaterThanOrEqual(3);

  const marks = await Promise.all(
    [...plan.video, ...plan.audio].map(async ({ id }) => {
      const media = parseMediaPlaylist(await playlist(job, `${id}/playlist.m3u8`));
      return { id, inits: initUris(media), at: discontinuities(media) };
    }),
  );
  const picture = marks.filter(({ id }) => id.startsWith("v"));
  for (const { inits } of picture) expect(inits.length).toBeGreaterThanOrEqual(3);
  // The same points in all renditions, the sound's too (Apple's HLS authoring specification, 9.15).
  for (const { at } of marks) expect(at).toEqual(picture[0]?.at);
  expect(picture[0]?.at.slice(0, 2)).toEqual([1, 2]);
});
