import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { webCodecsAudioRefusal } from "../../shared/encode/webcodecs-support.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { compareFiles, seamNoise, soundOffsetOfFiles } from "../exactness/sound.ts";
import { generatedClip } from "../setup/media.ts";
import type { AudioJob, DecoderFault } from "./audio-stage.ts";

/** Arguments that move a clip's AAC frames off the rendition's grid, or leave them on it. */
const OFF_GRID = ["-itsoffset", "0.01"];
const ON_GRID: string[] = [];

/**
 * A clip with a gliding voice in each channel, noise of changing level and a second of silence. Encoded without
 * noise substitution, whose decoded noise depends on where a decoder begins.
 */
function clipOf(channels: number, sampleRate: number, grid: string[]): Promise<string> {
  const voices = Array.from({ length: channels }, (_, channel) => {
    const glide = `0.2*sin(2*PI*(${180 + 97 * channel}+${23 - 5 * channel}*t)*t)`;
    return `(${glide}*(0.6+0.4*sin(5*t))+0.03*(random(${channel})-0.5))*gt(abs(t-9)\\,0.5)`;
  });
  const layout = { 1: "mono", 2: "stereo", 6: "5.1" }[channels];
  const audio = `aevalsrc='${voices.join("|")}':s=${sampleRate}:d=26:c=${layout}`;
  return generatedClip(`glides-${channels}-${sampleRate}-26s.mp4`, [
    ...["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=10:duration=26"],
    ...[...grid, "-f", "lavfi", "-i", audio],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "20"],
    ...["-c:a", "aac", "-aac_pns", "0", "-b:a", `${64 * channels}k`, "-shortest"],
  ]);
}

let browser: Browser;
let dir: string;

beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-audio-"));
});
afterAll(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

interface PageRun extends AudioJob {
  /** Addresses of FFmpeg's files that the page fetched. */
  fetched: string[];
}

const STAGE = `/@fs${join(root, "test/web/audio-stage.ts")}`;

async function run(
  clip: string,
  preference: "auto" | "ffmpeg",
  fault: DecoderFault | null = null,
  userAgent?: string,
): Promise<PageRun> {
  const as = userAgent === undefined ? {} : { userAgent };
  const page = await openBlankPage(browser, inject("serverUrl"), as);
  const fetched: string[] = [];
  page.on("request", (request) => {
    const name = /assets\/(ffmpeg-[a-z]+)/.exec(request.url())?.[1];
    if (name !== undefined) fetched.push(name);
  });
  try {
    await page.route("**/clip/audio", (route) => route.fulfill({ path: clip }));
    const job = await page.evaluate(
      async ({ address, preference, fault }) => {
        const stage = await load<typeof import("./audio-stage.ts")>(address);
        return stage.transcodeAudio("/clip/audio", preference, fault);
      },
      { address: STAGE, preference, fault },
    );
    return { ...job, fetched: [...new Set(fetched)] };
  } finally {
    await page.close();
  }
}

const enginesOf = ({ outputs }: AudioJob) => [...new Set(outputs.map(({ engine }) => engine))];

const named = ({ outputs }: AudioJob) =>
  outputs.map(({ task, kind, segment, frames }) => `${task} ${kind} ${segment}: ${frames}`);

const bytesOf = ({ outputs }: AudioJob) => outputs.map(({ base64 }) => base64);

const initsOf = ({ outputs }: AudioJob) =>
  outputs.filter(({ kind }) => kind === "init").map(({ base64 }) => base64);

/** Joins an init segment and all media segments to a playable file. @returns its path */
async function joined({ outputs }: AudioJob, name: string): Promise<string> {
  const [init, ...others] = outputs;
  const media = others.filter(({ kind }) => kind === "media").sort((a, b) => a.segment - b.segment);
  const path = join(dir, `${name}.mp4`);
  const parts = [init, ...media].map((output) => Buffer.from(output?.base64 ?? "", "base64"));
  await writeFile(path, Buffer.concat(parts));
  return path;
}

describe.each([
  [1, 44_100],
  [2, 44_100],
  [2, 48_000],
  [6, 48_000],
])("%i channels at %i Hz", (channels, sampleRate) => {
  test("are made in their place, to the sample, without the ffmpeg core", async () => {
    const clip = await clipOf(channels, sampleRate, OFF_GRID);
    const made = await run(clip, "auto");
    expect(made.needsFfmpeg).toBe(false);
    expect(enginesOf(made)).toEqual(["webcodecs"]);
    expect(made.fetched).toEqual(["ffmpeg-aac"]);
    const byFfmpeg = await run(clip, "ffmpeg");
    expect(enginesOf(byFfmpeg)).toEqual(["ffmpeg-wasm"]);
    expect(named(made)).toEqual(named(byFfmpeg));
    expect(new Set([...initsOf(made), ...initsOf(byFfmpeg)]).size).toBe(1);
    const path = await joined(made, `made-${channels}-${sampleRate}`);
    const offset = await soundOffsetOfFiles(path, await joined(byFfmpeg, "ffmpeg"), sampleRate);
    expect(offset.places).toBeGreaterThan(5);
    expect(offset.worstSeconds).toBe(0);
    expect(offset.worstResidual).toBeLessThan(0.15);
    // The seams between runs are no noisier than other places.
    const seams = await seamNoise(path, clip, made.runStarts.slice(1), sampleRate);
    expect(seams.worst).toBeLessThan(seams.usual * 2);
  });
});

test.each([1, 2])(
  "frames of %i channels that fit are copied, sample by sample",
  async (channels) => {
    const clip = await clipOf(channels, 48_000, ON_GRID);
    const made = await run(clip, "auto");
    expect(enginesOf(made)).toEqual(["webcodecs"]);
    // The audio is copied, so not even the AAC encoder is fetched.
    expect(made.fetched).toEqual([]);
    expect(named(made)).toEqual(named(await run(clip, "ffmpeg")));
    const path = await joined(made, `copied-${channels}`);
    // Without the first frame: it decodes together with the frame before it, which is not part of the rendition.
    const { samples, worstLsb } = await compareFiles(path, clip, 48_000, channels, 1_024);
    expect(samples).toBeGreaterThan(25.9 * 48_000);
    expect(worstLsb).toBe(0);
  },
);

test("frames that do not decode are not copied", async () => {
  const clip = await clipOf(2, 48_000, ON_GRID);
  const made = await run(clip, "auto", "failing");
  expect(enginesOf(made)).toEqual(["ffmpeg-wasm"]);
});

test.each<DecoderFault>(["late", "short", "swapped"])(
  "a browser whose decoder gives samples that are %s is found out, and ffmpeg makes the audio",
  async (fault) => {
    const clip = await clipOf(2, 44_100, OFF_GRID);
    const made = await run(clip, "auto", fault);
    expect(enginesOf(made)).toEqual(["ffmpeg-wasm"]);
    expect(bytesOf(made)).toEqual(bytesOf(await run(clip, "ffmpeg")));
  },
);

const SAFARI =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15";

test("audio is copied plane by plane in an old Chromium alone, never in Apple's browsers", async () => {
  const clip = await clipOf(2, 44_100, OFF_GRID);
  const usual = await run(clip, "auto");
  expect([enginesOf(usual), usual.planarCopies]).toEqual([["webcodecs"], 0]);
  const old = await run(clip, "auto", "planar alone");
  expect(enginesOf(old)).toEqual(["webcodecs"]);
  expect(bytesOf(old).join() === bytesOf(usual).join()).toBe(true);
  expect(old.planarCopies).toBeGreaterThan(0);
  const apple = await run(clip, "auto", "planar alone", SAFARI);
  expect([enginesOf(apple), apple.planarCopies]).toEqual([["ffmpeg-wasm"], 0]);
});

test("a first frame without any channel's data is silence; one in the middle is damage", async () => {
  const page = await openBlankPage(browser, inject("serverUrl"));
  const seen = await page.evaluate(async (address) => {
    const { decodeAfterEmpty } = await load<typeof import("./audio-stage.ts")>(address);
    return decodeAfterEmpty();
  }, STAGE);
  await page.close();
  expect(seen).toEqual([0, 0, "DECODE_FAILED"]);
});

test("the encoder refuses what is no sample, and goes on after that", async () => {
  const page = await openBlankPage(browser, inject("serverUrl"));
  const seen = await page.evaluate(async (address) => {
    const { encodeSamples } = await load<typeof import("./audio-stage.ts")>(address);
    const tone = Array.from({ length: 2_048 }, (_, at) => Math.sin(at / 20));
    const broken = tone.with(1_500, Number.NaN);
    return [await encodeSamples(tone), await encodeSamples(broken), await encodeSamples(tone)];
  }, STAGE);
  await page.close();
  expect(seen[0]).toHaveLength(3);
  expect(seen[1]).toBe("ENCODE_FAILED");
  expect(seen[2]).toEqual(seen[0]);
});

test("audio that would have to be resampled, or decoded from another codec, is ffmpeg's", () => {
  const track = { codec: "mp4a.40.2", sampleRate: 44_100, channels: 2 };
  const rendition = { sampleRate: 44_100, channels: 2 };
  expect(webCodecsAudioRefusal(track, rendition)).toBe(null);
  expect(webCodecsAudioRefusal({ ...track, channels: 6 }, rendition)).toBe(null);
  for (const other of [
    { ...track, channels: 5 },
    { ...track, sampleRate: 22_050 },
    { ...track, codec: "mp4a.40.5" },
    { ...track, codec: "opus" },
    { ...track, mixedFormats: true },
    undefined,
  ]) {
    expect(webCodecsAudioRefusal(other, rendition)).not.toBe(null);
  }
});
