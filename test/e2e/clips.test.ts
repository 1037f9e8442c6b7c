import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { readPlaylistFolder } from "../exactness/playlist-folder.ts";
import { type FixtureName, fixture, frameTimesSeconds, realClip } from "../setup/media.ts";
import { expectExactPictures, soundOf, soundOffsetOf } from "./exact-video.ts";
import { type MadeVideo, makeVideo, SMALL_LADDER } from "./made-video.ts";

/**
 * Sources of every kind, transcoded by the real page: every frame appears once, at its time, with its picture. All
 * of them take long on a small machine, so `npm test` runs a selection; TRIBUTARY_CLIPS=all runs all.
 */
interface Clip {
  name: string;
  /** Runs in `npm test`. */
  always?: true;
  /**
   * Filter of native ffmpeg that the source's frames go through before they are compared; null: they are not
   * compared.
   */
  sourceFilter?: string | null;
  ladder?: string;
  /** Set where ffmpeg.wasm has no decoder for the source, so the browser's codecs have to be used. */
  engine?: "auto";
}

const CLIPS: Clip[] = [
  { name: "vfr-drop.mp4", always: true },
  { name: "opengop-x264.mp4" },
  { name: "opengop-x265.mp4" },
  { name: "editlist-midgop.mp4" },
  { name: "start10s.ts", always: true },
  { name: "rotated90.mp4" },
  { name: "phone-hevc-rot90.mov" },
  { name: "phone-portrait-4k60.mp4" },
  { name: "onekey-x264.mp4" },
  { name: "fragmented.mp4" },
  { name: "noaudio-bottle.mp4" },
  { name: "tears-vp8-vorbis.webm" },
  { name: "tears-srt.mkv" },
  { name: "vp9-opus.webm" },
  { name: "av1-opus.webm", engine: "auto" },
  { name: "webcam360p.flv" },
  { name: "mpeg4-mp3.avi" },
  { name: "multiaudio-subs.mkv" },
  { name: "anamorphic-sar.mp4" },
  { name: "odd-853x479.webm", always: true },
  { name: "audio-late-short.mp4", always: true },
  { name: "quicktime-bt601.mov" },
  { name: "bunny1080p60.mp4" },
  { name: "interlaced-480i.ts", sourceFilter: "bwdif=mode=send_frame" },
  // Tone-mapped, so there are no frames to compare it with.
  { name: "phone-hdr10.mp4", sourceFilter: null },
];

const GENERATED: FixtureName[] = [
  "open-gop-14s.mp4",
  "vfr-8s.mp4",
  "silent-8s.mp4",
  "vp9-8s.webm",
  "flv-8s.flv",
];

const isFull = process.env["TRIBUTARY_CLIPS"] === "all";
const serverUrl = inject("serverUrl");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(CLIPS)("$name", (clip) => {
  const source = realClip(clip.name);
  const isSkipped = source === null || !(isFull || clip.always);
  test.skipIf(isSkipped)("is exact in every rendition", async () => {
    const file = source ?? "";
    await using video = await make(file, clip);
    const timesSeconds = frameTimesSeconds(clip.name);
    const { sourceFilter } = clip;
    await expectExactPictures(video, {
      source: file,
      timesSeconds,
      ...(sourceFilter === undefined ? {} : { sourceFilter }),
    });
    await expectSound(video, file, timesSeconds?.[0] ?? 0);
  });
});

describe.each(GENERATED)("%s", (name) => {
  test("is exact in every rendition", async () => {
    const file = await fixture(name);
    await using video = await make(file);
    await expectExactPictures(video, { source: file });
  });
});

function make(file: string, clip?: Clip): Promise<MadeVideo> {
  const { ladder = SMALL_LADDER, engine = "ffmpeg" } = clip ?? {};
  return makeVideo(browser, { serverUrl, file, ladder, engine });
}

/** The audio is as long as the video, and within a millisecond of the source's audio at every place. */
async function expectSound(video: MadeVideo, file: string, firstFrameSeconds: number) {
  const audio = video.status.renditions.find((each) => each.kind === "audio");
  if (audio?.kind !== "audio") return;
  const folder = await readPlaylistFolder(video.dir);
  const seconds = video.status.durationTicks / 90_000;
  for (const { durations } of folder.audio) {
    const total = durations.reduce((sum, duration) => sum + duration, 0);
    expect(total).toBeGreaterThan(seconds - 0.001);
    expect(total).toBeLessThan(seconds + 1024 / audio.sampleRate + 0.001);
  }
  const offset = await soundOffsetOf(video, file, firstFrameSeconds);
  // A silent source has no place that can be compared. Then the result has to be silent as well.
  if (offset.places === 0) {
    expect((await soundOf(video, file, firstFrameSeconds)).worstLsb).toBeLessThanOrEqual(6);
  }
  expect(offset.worstSeconds).toBeLessThan(0.001);
  expect(offset.worstResidual).toBeLessThan(0.6);
}
