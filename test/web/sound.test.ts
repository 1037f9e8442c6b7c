import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { webCodecsSoundRefusal } from "../../shared/encode/webcodecs-support.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { soundOffsetOfFiles } from "../exactness/sound.ts";
import { generatedClip } from "../setup/media.ts";
import type { SoundRun } from "./sound-stage.ts";

/** 26 s in several runs of sound: two voices that glide, hiss that comes and goes, a second of silence. */
const GLIDES = [
  "0.3*sin(2*PI*(180+23*t)*t)*(0.6+0.4*sin(5*t))",
  "0.25*sin(2*PI*(310-7*t)*t)+0.1*sin(2*PI*(1900+61*t)*t)",
].map((voice) => `(${voice}+0.05*(random(0)-0.5))*gt(abs(t-9)\\,0.5)`);
const CLIP = [
  ...["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=10:duration=26"],
  ...["-f", "lavfi", "-i", `aevalsrc='${GLIDES.join("|")}':s=44100:d=26`],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "20"],
  ...["-c:a", "aac", "-b:a", "128k", "-shortest"],
];

let browser: Browser;
let dir: string;
let clip: string;
/** Without an AAC encoder: ffmpeg makes the sound. */
let byFfmpeg: SoundRun;

beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-sound-"));
  clip = await generatedClip("glides-26s.mp4", CLIP);
  byFfmpeg = await run(null);
});
afterAll(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

async function run(delays: number[] | null): Promise<SoundRun> {
  const page = await openBlankPage(browser, inject("serverUrl"));
  try {
    await page.route("**/clip/sound", (route) => route.fulfill({ path: clip }));
    return await page.evaluate(
      async ({ address, delays }) => {
        const stage = await load<typeof import("./sound-stage.ts")>(address);
        return stage.transcodeSound("/clip/sound", delays);
      },
      { address: `/@fs${join(root, "test/web/sound-stage.ts")}`, delays },
    );
  } finally {
    await page.close();
  }
}

const enginesOf = ({ outputs }: SoundRun) => [...new Set(outputs.map(({ engine }) => engine))];

const named = ({ outputs }: SoundRun) =>
  outputs.map(({ task, kind, segment, frames }) => `${task} ${kind} ${segment}: ${frames}`);

const bytesOf = ({ outputs }: SoundRun) => outputs.map(({ base64 }) => base64);

const initsOf = ({ outputs }: SoundRun) =>
  outputs.filter(({ kind }) => kind === "init").map(({ base64 }) => base64);

/** One playable file: an init segment and all media. */
async function joined({ outputs }: SoundRun, name: string): Promise<string> {
  const [init, ...others] = outputs;
  const media = others.filter(({ kind }) => kind === "media").sort((a, b) => a.segment - b.segment);
  const path = join(dir, `${name}.mp4`);
  const parts = [init, ...media].map((output) => Buffer.from(output?.base64 ?? "", "base64"));
  await writeFile(path, Buffer.concat(parts));
  return path;
}

test("a browser without an AAC encoder is asked once, and ffmpeg makes the sound", () => {
  expect(byFfmpeg.needsFfmpeg).toBe(true);
  expect(enginesOf(byFfmpeg)).toEqual(["ffmpeg-wasm"]);
  expect(new Set(initsOf(byFfmpeg)).size).toBe(1);
});

test.each([1_024, 1_601, 2_112])(
  "an AAC encoder that is %i samples late gives sound in its place, to the sample",
  async (delay) => {
    const made = await run([delay]);
    expect(enginesOf(made)).toEqual(["webcodecs"]);
    expect(made.needsFfmpeg).toBe(false);
    // One encoder to measure with, then one a task.
    expect({ asked: made.asked, encoders: made.encoders }).toEqual({ asked: 1, encoders: 4 });
    expect(named(made)).toEqual(named(byFfmpeg));
    expect(initsOf(made)).toEqual(initsOf(byFfmpeg));
    const { sampleRate } = made.rendition;
    const offset = await soundOffsetOfFiles(
      await joined(made, `late-${delay}`),
      await joined(byFfmpeg, "ffmpeg"),
      sampleRate,
    );
    expect(offset.places).toBeGreaterThan(5);
    expect(offset.worstSeconds).toBe(0);
    expect(offset.worstResidual).toBeLessThan(0.1);
  },
);

test("an AAC encoder that is later than it was measured is found out, and ffmpeg makes the sound", async () => {
  // A frame more, and then so little that nobody would hear it.
  const made = await run([2_112, 3_136, 2_113]);
  expect(enginesOf(made)).toEqual(["ffmpeg-wasm"]);
  expect(bytesOf(made)).toEqual(bytesOf(byFfmpeg));
  // After two such runs it is not asked any more.
  expect(made.encoders).toBe(3);
});

test("an AAC encoder that gives back something else is not used", async () => {
  const made = await run([20_000]);
  expect(enginesOf(made)).toEqual(["ffmpeg-wasm"]);
  expect(bytesOf(made)).toEqual(bytesOf(byFfmpeg));
  expect(made.encoders).toBe(1);
});

test("sound that would have to be mixed, resampled or decoded from another codec is ffmpeg's", () => {
  const track = { codec: "mp4a.40.2", sampleRate: 44_100, channels: 2 };
  const rendition = { sampleRate: 44_100, channels: 2 };
  expect(webCodecsSoundRefusal(track, rendition)).toBe(null);
  for (const other of [
    { ...track, channels: 6 },
    { ...track, sampleRate: 22_050 },
    { ...track, codec: "mp4a.40.5" },
    { ...track, codec: "opus" },
    undefined,
  ]) {
    expect(webCodecsSoundRefusal(other, rendition)).not.toBe(null);
  }
});
