import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeLoudness } from "../../shared/encode/loudness.ts";
import { rangeOf } from "../../shared/job/trim-range.ts";
import { ffmpeg } from "../setup/media.ts";
import { encoded, opened } from "./encoded-plan.ts";

// Checks how loudness is measured and changed, by native ffmpeg's ebur128 (EBU R 128).

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tributary-loudness-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** LUFS and dBTP, as native ffmpeg measures them. */
async function judged(path: string, filter = ""): Promise<{ lufs: number; peakDbtp: number }> {
  const graph = `${filter}ebur128=peak=true:metadata=1,ametadata=print:file=-`;
  const argv = ["-i", path, "-map", "0:a:0", "-af", graph, "-f", "null", "/dev/null"];
  const log = (await ffmpeg(argv)).toString();
  const values = (key: string) =>
    [...log.matchAll(new RegExp(`lavfi.r128.${key}=(-?[\\d.]+)`, "g"))].map((one) =>
      Number(one[1]),
    );
  const peaks = [values("true_peaks_ch0").at(-1) ?? 0, values("true_peaks_ch1").at(-1) ?? 0];
  return { lufs: values("I").at(-1) ?? Number.NaN, peakDbtp: 20 * Math.log10(Math.max(...peaks)) };
}

/** A stereo melody with pauses, and with clicks on top, so that peaks do not follow from loudness. */
async function made(name: string, level: number, argv = ["-c:a", "pcm_f32le"]): Promise<string> {
  const path = join(folder, name);
  const tone = `${level}*(sin(1380*t)+0.5*sin(3111*t))*(0.6+0.4*sin(2*t))`;
  const click = `${level}*4*lt(mod(t,1.7),0.004)*sin(9000*t)`;
  const both = `aevalsrc='${tone}+${click}|0.8*${tone}-${click}':s=44100:d=25`;
  const video = ["-f", "lavfi", "-i", "color=c=gray:s=64x64:r=10:d=25"];
  await ffmpeg([
    ...video,
    "-f",
    "lavfi",
    "-i",
    both,
    "-c:v",
    "libx264",
    ...argv,
    "-shortest",
    path,
  ]);
  return path;
}

const LADDER = [{ shortSide: 64, kilobitsPerSecond: 50 }];

describe.each([
  ["a quiet one with peaks", "quiet.mov", 0.02, true],
  ["a loud one", "loud.mov", 0.6, false],
] as const)("%s", (_, name, level, isLouder) => {
  test("comes out at -16 LUFS, its peaks held, and the plan says so", async () => {
    const path = await made(name, level);
    const before = await judged(path);
    expect(before.lufs < -16).toBe(isLouder);
    await opened(path, async (source) => {
      const { signal } = new AbortController();
      const measured = await source.loudness({ signal });
      expect(measured).toHaveLength(1);
      expect(Math.abs((measured[0]?.lufs ?? 0) - before.lufs)).toBeLessThan(0.15);
      expect(Math.abs((measured[0]?.peakDbtp ?? 0) - before.peakDbtp)).toBeLessThan(0.15);
      const choice = { loudness: true, measured, kilobitsPerSecond: 256 };
      const plan = source.planJob(LADDER, 1, choice);
      expect(plan.audio[0]?.loudness).toMatchObject({ lufs: measured[0]?.lufs });
      expect(plan.source.notices.at(-1)).toMatchObject({
        code: "LOUDNESS_CHANGED",
        message: expect.stringContaining(isLouder ? "dB louder" : "dB quieter"),
      });
      const { a0 = "" } = Object.fromEntries(await encoded(source, plan, folder, "audio"));
      const after = await judged(a0);
      expect(Math.abs(after.lufs + 16)).toBeLessThan(0.5);
      // The AAC encoder may raise peaks above what the limiter let through.
      expect(after.peakDbtp).toBeLessThan(-1);
      const plain = source.planJob(LADDER, 1, { kilobitsPerSecond: 256 });
      const { a0: other = "" } = Object.fromEntries(await encoded(source, plain, folder, "audio"));
      expect(Math.abs((await judged(other)).lufs - before.lufs)).toBeLessThan(0.5);
    });
  });
});

test("of a part of a file, that part is measured", async () => {
  const path = join(folder, "two-levels.mov");
  const sound = "aevalsrc='if(lt(t,10),0.5,0.05)*sin(3000*t)':s=48000:d=20";
  const video = ["-f", "lavfi", "-i", "color=c=gray:s=64x64:r=10:d=20"];
  await ffmpeg([
    ...video,
    "-f",
    "lavfi",
    "-i",
    sound,
    "-c:v",
    "libx264",
    "-c:a",
    "pcm_s16le",
    path,
  ]);
  const expected = await judged(path, "atrim=start=12,");
  await opened(path, async (source) => {
    const part = source.trimmed(rangeOf({ startSeconds: 12 }));
    const { signal } = new AbortController();
    const [measure] = await part.loudness({ signal });
    expect(Math.abs((measure?.lufs ?? 0) - expected.lufs)).toBeLessThan(0.15);
  });
});

test("silence stays silence, with a word", async () => {
  const path = join(folder, "silent.mov");
  const video = ["-f", "lavfi", "-i", "color=c=gray:s=64x64:r=10:d=3"];
  const silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:d=3"];
  await ffmpeg([...video, ...silence, "-c:v", "libx264", "-c:a", "pcm_s16le", path]);
  await opened(path, async (source) => {
    const { signal } = new AbortController();
    const measured = await source.loudness({ signal });
    expect(measured).toEqual([{ track: 0, channels: 2, lufs: null, peakDbtp: null }]);
    const plan = source.planJob(LADDER, 1, { loudness: true, measured });
    expect(plan.audio[0]?.loudness).toBeUndefined();
    expect(plan.source.notices.at(-1)).toMatchObject({ code: "LOUDNESS_KEPT" });
  });
});

/** Noise with bursts that are far too loud. */
function bursts(frames: number): Float32Array {
  const samples = new Float32Array(frames * 2);
  let state = 1;
  for (let at = 0; at < samples.length; at += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const isBurst = Math.floor(at / 6000) % 3 === 1;
    samples[at] = ((state / 2_147_483_647) * 2 - 1) * (isBurst ? 3 : 0.2);
  }
  return samples;
}

test("runs that overlap by 85 ms and 42 ms have the very same samples in the middle", () => {
  const whole = bursts(96_000);
  const part = whole.slice(2 * 30_000, 2 * 70_000);
  changeLoudness(whole, 2, 48_000, 1);
  changeLoudness(part, 2, 48_000, 1);
  const [from, to] = [2 * 4096, part.length - 2 * 2048];
  let worst = 0;
  for (let at = from; at < to; at += 1) {
    worst = Math.max(worst, Math.abs((part[at] ?? 0) - (whole[60_000 + at] ?? 0)));
  }
  expect(worst).toBeLessThan(1e-7);
});

test("what needs no limiting is multiplied and nothing else", () => {
  const samples = bursts(4000).map((sample) => sample * 0.05);
  const expected = samples.map((sample) => sample * 2);
  changeLoudness(samples, 2, 48_000, 2);
  expect(samples).toEqual(expected);
});
