import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture, frameTimesSeconds, realClip } from "../setup/media.ts";
import { type DeclaredRates, expectKept, firstRates } from "./declared-rates.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { type MadeVideo, makeVideo, SMALL_LADDER } from "./made-video.ts";
import { playToEnd } from "./playback.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

describe("a clip of 20 s whose key frames lie off the 6 s grid", () => {
  let video: MadeVideo;
  let source: string;
  let declared: DeclaredRates;
  beforeAll(async () => {
    source = await fixture("long-gop-20s.mp4");
    video = await makeVideo(browser, {
      ...{ serverUrl, file: source, ladder: SMALL_LADDER },
      meddle: async (_, { masterUrl }) => {
        declared = await firstRates(masterUrl);
      },
    });
  }, 240_000);
  afterAll(() => video?.[Symbol.asyncDispose]());

  test("has every frame once, at its time, in every rendition", async () => {
    await expectExactPictures(video, { source });
  });

  test("keeps to the rates that its playlist declared while it was made", async () => {
    await expectKept(declared, video);
  });

  test("sounds like one encode of the whole track", async () => {
    const sound = await soundOf(video, source, 0);
    expect(sound.samples).toBeGreaterThanOrEqual(20 * 48_000);
    expect(sound.worstLsb).toBeLessThanOrEqual(6);
  });

  test("plays to the end in hls.js: no error, one buffered range, all frames", async () => {
    const played = await playToEnd(browser, video.job.masterUrl, 240);
    expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 500 });
  });

  test("says who made what, and that the edge checked it", () => {
    const { segments, tasks, holders } = video.status;
    expect(tasks.every(({ state }) => state === "done")).toBe(true);
    const perRendition = video.inspected.inspection?.segmentCount ?? 0;
    expect(segments).toHaveLength(perRendition * video.status.renditions.length);
    const [owner] = holders;
    for (const segment of segments) {
      expect(segment).toMatchObject({ engine: "ffmpeg-wasm", role: "owner", holder: owner?.id });
    }
  });
});

const reference = realClip("bbb480p30s.mp4");

describe.skipIf(reference === null)("the reference clip: 30 s, 480p, sound in six channels", () => {
  let video: MadeVideo;
  const source = reference ?? "";
  beforeAll(async () => {
    const ladder = "480:1400,360:800,240:400";
    video = await makeVideo(browser, { serverUrl, file: source, ladder });
  }, 600_000);
  afterAll(() => video?.[Symbol.asyncDispose]());

  test("has its 720 frames, at their times, in every rendition", async () => {
    const timesSeconds = frameTimesSeconds("bbb480p30s.mp4");
    expect(timesSeconds).toHaveLength(720);
    await expectExactPictures(video, { source, timesSeconds });
  });

  test("sounds like one encode of the whole track", async () => {
    const sound = await soundOf(video, source, 0);
    expect(sound.samples).toBeGreaterThanOrEqual(30 * 48_000);
    expect(sound.worstLsb).toBeLessThanOrEqual(6);
  });

  test.each([480, 240])("plays to the end in hls.js at %ip", async (height) => {
    const played = await playToEnd(browser, video.job.masterUrl, height);
    expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 720 });
  });
});
