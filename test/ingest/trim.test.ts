import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Source } from "../../shared/ingest/read/source.ts";
import { jobPlanSchema, segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { rangeOf } from "../../shared/job/trim-range.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { sourceFrameTimes } from "../exactness/decoded-frames.ts";
import { realClip } from "../setup/media.ts";
import {
  cut,
  decodedSound,
  decodeVideoTasks,
  inFolder,
  open,
  pictureHashes,
  shownOnce,
} from "./cut-and-decode.ts";
import { type SourceName, source } from "./fixtures.ts";

/** Times at which none of the sources has a frame or an AAC frame. */
const PART = { startSeconds: 2.613, endSeconds: 6.377 };
const TIME_ERROR_SECONDS = 0.000_02;
/** See `sound.test.ts`. */
const SETTLED = 2e-3;
/** Shifts of the audio that are tried, in samples, the smallest first. */
const SHIFTS = Array.from({ length: 21 }, (_, i) => (i % 2 === 0 ? i / 2 : -(i + 1) / 2));
/** A frame that is shown for longer than this is shortened by a trim, not left out. */
const HELD_SECONDS = 1;

const GENERATED = [
  "b-frames.mp4",
  "open-gop.mp4",
  "open-gop.mkv",
  "open-gop.ts",
  "open-gop-hevc.mp4",
  "vfr.mp4",
  "fragmented.mp4",
  "vp8-vorbis.webm",
  "opus.webm",
  "one-key.mp4",
  "interlaced.ts",
  "slow-motion.mp4",
  "late-start.ts",
  "flv.flv",
  "mpeg2.vob",
  "mjpeg-pcm.mov",
  "pcm.mkv",
  "alac.mkv",
] as const satisfies SourceName[];

const REAL = [
  "editlist-midgop.mp4",
  "start10s.ts",
  "vfr-drop.mp4",
  "opengop-x264.mp4",
  "opengop-x265.mp4",
  "multiaudio-subs.mkv",
].filter((file) => realClip(file) !== null);

describe.each([...GENERATED, ...REAL])("a part of %s", (name) => {
  test("has the source's own frames and sound of that time", async () => {
    const isReal = (REAL as readonly string[]).includes(name);
    const path = isReal ? (realClip(name) ?? "") : await source(name as SourceName);
    const whole = await open(path);
    const part = whole.trimmed(rangeOf(PART));
    try {
      await checkPictures(path, part);
      if (part.facts.audio.length > 0) await checkSound(path, part, isReal);
    } finally {
      whole.close();
    }
  });
});

/**
 * Frames of the part, as native ffmpeg decodes them: index of the first, index after the last, and times of all the
 * file's frames from its first on.
 */
async function truthOf(path: string): Promise<{ first: number; end: number; times: number[] }> {
  const all = await sourceFrameTimes(path);
  const times = all.map((at) => at - (all[0] ?? 0));
  const { startSeconds, endSeconds } = PART;
  let first = times.findIndex((at) => at >= startSeconds);
  if ((times[first] ?? 0) - (times[first - 1] ?? 0) > HELD_SECONDS) first -= 1;
  const end = times.findIndex((at) => at >= endSeconds);
  return { first, end: end === -1 ? times.length : end, times };
}

async function checkPictures(path: string, part: Source): Promise<void> {
  const { first, end, times } = await truthOf(path);
  const plan = part.planJob();
  validatePlan(jobPlanSchema.parse(plan));
  const { frameTicks } = part.index.video;
  const startSeconds = Math.max(times[first] ?? 0, frameStart(part));
  const seconds = Array.from(frameTicks.slice(0, -1), (at) => at / TICKS_PER_SECOND);
  expect(seconds).toHaveLength(end - first);
  for (const [i, at] of seconds.entries()) {
    const wanted = Math.max(0, (times[first + i] ?? 0) - startSeconds);
    expect(Math.abs(at - wanted), `frame ${i}`).toBeLessThan(TIME_ERROR_SECONDS);
  }
  const tasks = await decodeVideoTasks(part, plan);
  expect(shownOnce(plan, tasks)).toEqual((await pictureHashes(path)).slice(first, end));
}

function frameStart({ facts }: Source): number {
  return (facts.trim?.startTicks ?? 0) / TICKS_PER_SECOND;
}

/**
 * Decodes each run alone, and compares it with the audio of the whole file from the part's first frame on.
 * @param hasNoise set for an encoder that uses noise substitution, which decodes differently each time
 */
async function checkSound(path: string, part: Source, hasNoise: boolean): Promise<void> {
  const plan = part.planJob();
  const [rendition] = plan.audio;
  const [facts] = part.facts.audio;
  if (rendition === undefined || facts === undefined) throw new Error("no sound was found");
  const rate = facts.sampleRate;
  const zeroSeconds = (await sourceFrameTimes(path)).find(Number.isFinite) ?? 0;
  const whole = await decodedSound(path, 0, rate);
  const zeroSample = Math.round((zeroSeconds + frameStart(part)) * rate);
  const wholeStart = whole.startSample - zeroSample;
  await inFolder(async (folder) => {
    for (const segment of plan.segments) {
      const id = `a-${segment.index}`;
      const chunk = await cut(part, plan, {
        ...{ id, kind: "audio", renditions: [rendition.id] },
        ...{ firstSegment: segment.index, segmentCount: 1 },
      });
      const file = join(folder, id);
      await writeFile(file, new Uint8Array(chunk.bytes));
      const run = await decodedSound(file, 0, rate);
      const runStart =
        run.startSample + Math.round((chunk.info.baseTicks * rate) / TICKS_PER_SECOND);
      const from = Math.ceil((segment.startTicks * rate) / TICKS_PER_SECOND);
      const length = Math.floor((segmentDurationTicks(segment) * rate) / TICKS_PER_SECOND);
      let compared = 0;
      const worst = SHIFTS.map(() => 0);
      const power = SHIFTS.map(() => 0);
      for (let at = from; at < from + length; at++) {
        const sample = run.samples[at - runStart];
        const truths = SHIFTS.map((by) => whole.samples[at - wholeStart + by]);
        if (sample === undefined || truths.includes(undefined)) continue;
        compared++;
        for (const [i, truth = 0] of truths.entries()) {
          worst[i] = Math.max(worst[i] ?? 0, Math.abs(truth - sample));
          power[i] = (power[i] ?? 0) + (truth - sample) ** 2;
        }
      }
      expect(compared / length, `coverage of segment ${segment.index}`).toBeGreaterThan(0.9);
      // A frame may begin between two samples, so a shift of one is allowed.
      const best = power.indexOf(Math.min(...power));
      expect(Math.abs(SHIFTS[best] ?? 9), `segment ${segment.index}`).toBeLessThanOrEqual(1);
      if (!hasNoise) expect(worst[best], `segment ${segment.index}`).toBeLessThan(SETTLED);
    }
  });
}
