import { openAsBlob } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../shared/ingest/read/source.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { ffmpeg, ffprobe, realClip } from "../setup/media.ts";
import { encoded, opened } from "./encoded-plan.ts";

// Files with audio only become videos of a single picture. Checked by native ffmpeg.

const SECONDS = 9;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tributary-sound-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A sweep. Its frequency never repeats, so a shift in time can be measured. */
async function made(name: string, argv: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const sweep = `aevalsrc='0.5*sin(300*t*t)|0.5*sin(200*t*t)':s=44100:d=${SECONDS}`;
  await ffmpeg(["-f", "lavfi", "-i", sweep, ...argv, path]);
  return path;
}

/** The audio of a file, decoded to mono at 8 kHz. */
async function samples(path: string): Promise<Float32Array> {
  const bytes = await ffmpeg([
    "-i",
    path,
    "-map",
    "0:a:0",
    "-ac",
    "1",
    "-ar",
    "8000",
    "-f",
    "f32le",
    "-",
  ]);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Samples by which the second file lags behind the first, by the best match of one second in the middle. */
function lag(first: Float32Array, second: Float32Array): number {
  const middle = Math.floor(first.length / 2);
  let best = { shift: Number.NaN, likeness: -1 };
  for (let shift = -800; shift <= 800; shift += 1) {
    let [both, one, other] = [0, 0, 0];
    for (let at = middle; at < middle + 8_000; at += 1) {
      const [a, b] = [first[at] ?? 0, second[at + shift] ?? 0];
      both += a * b;
      one += a * a;
      other += b * b;
    }
    const likeness = both / Math.sqrt(one * other + 1e-9);
    if (likeness > best.likeness) best = { shift, likeness };
  }
  expect(best.likeness).toBeGreaterThan(0.95);
  return best.shift;
}

const FORMATS: [name: string, argv: string[], container: string, codec: string][] = [
  ["talk.mp3", ["-c:a", "libmp3lame", "-b:a", "128k"], "mp3", "mp3"],
  ["talk.m4a", ["-c:a", "aac", "-b:a", "128k"], "mp4", "mp4a.40.2"],
  ["talk.flac", ["-c:a", "flac"], "flac", "flac"],
  ["talk.wav", ["-c:a", "pcm_s16le"], "wav", "pcm_s16le"],
  ["talk.ogg", ["-c:a", "libvorbis"], "ogg", "vorbis"],
  ["talk.opus", ["-c:a", "libopus"], "ogg", "opus"],
  ["talk.mka", ["-c:a", "libopus"], "matroska", "opus"],
];

describe.each(FORMATS)("%s", (name, argv, container, codec) => {
  test("is a video with one picture, and its sound in its place", async () => {
    const path = await made(name, argv);
    await opened(path, async (source) => {
      const { facts } = source;
      expect(facts).toMatchObject({ name, container, audio: [{ codec, channels: 2 }] });
      expect(facts.video).toMatchObject({ width: 1280, height: 720, frames: 1 });
      expect(facts.notices.map(({ code }) => code)).toEqual(["PICTURE_ADDED"]);
      expect(facts.warnings[0]).toContain("a card with its title");
      expect(Math.abs(facts.durationTicks / TICKS_PER_SECOND - SECONDS)).toBeLessThan(0.1);
      const plan = source.planJob([{ shortSide: 180, kilobitsPerSecond: 100 }]);
      validatePlan(plan);
      const { v180 = "", a0 = "" } = Object.fromEntries(await encoded(source, plan, folder));
      expect(Math.abs(lag(await samples(path), await samples(a0)))).toBeLessThan(8 * 30);
      // Each segment has one frame, a key frame, and all show the same picture.
      const hashes = (await ffmpeg(["-i", v180, "-f", "framemd5", "-fps_mode", "passthrough", "-"]))
        .toString()
        .split("\n")
        .filter((line) => /^\d/.test(line));
      expect(hashes).toHaveLength(plan.segments.length);
      expect(plan.segments.length).toBeGreaterThan(1);
    });
  });
});

async function coveredSound(): Promise<string> {
  const cover = join(folder, "cover.png");
  await ffmpeg(["-f", "lavfi", "-i", "color=c=red:s=300x300", "-frames:v", "1", cover]);
  const path = join(folder, "covered.mp3");
  const sine = ["-f", "lavfi", "-i", "sine=duration=2"];
  const mapped = ["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"];
  await ffmpeg([...sine, "-i", cover, ...mapped, "-c:a", "libmp3lame", path]);
  return path;
}

/** Encodes the video at 320 by 180 pixels, and reads colours from its first frame. */
async function coloursOf(source: Source): Promise<(x: number, y: number) => number[]> {
  const plan = source.planJob([{ shortSide: 180, kilobitsPerSecond: 200 }]);
  const { v180 = "" } = Object.fromEntries(await encoded(source, plan, folder));
  const picture = await ffmpeg([
    ...["-i", v180, "-frames:v", "1"],
    ..."-pix_fmt rgb24 -f rawvideo -".split(" "),
  ]);
  return (x, y) => [...picture.subarray(3 * (y * 320 + x), 3 * (y * 320 + x) + 3)];
}

test("the cover in the file is its picture", async () => {
  await opened(await coveredSound(), async (source) => {
    expect(source.facts.warnings).toEqual([expect.stringContaining("the cover in it")]);
    const at = await coloursOf(source);
    // Red in the middle, in a dark frame.
    const [red = 0, green = 255, blue = 255] = at(160, 90);
    expect(red).toBeGreaterThan(230);
    expect(Math.max(green, blue)).toBeLessThan(30);
    expect(Math.max(...at(20, 90))).toBeLessThan(40);
  });
});

test("a picture of the owner's takes the place of the cover", async () => {
  const path = join(folder, "own.jpg");
  await ffmpeg(["-f", "lavfi", "-i", "color=c=blue:s=640x360", "-frames:v", "1", path]);
  const look = async (source: Source) => {
    expect(source.facts.warnings).toEqual([expect.stringContaining("that was chosen for it")]);
    const at = await coloursOf(source);
    for (const [red = 255, green = 255, blue = 0] of [at(160, 90), at(10, 10)]) {
      expect(blue).toBeGreaterThan(230);
      expect(Math.max(red, green)).toBeLessThan(30);
    }
  };
  await opened(await coveredSound(), look, await openAsBlob(path));
});

test("the real clip of 5.1 sound alone is a video, with stereo", async () => {
  const path = realClip("audio-only.m4a");
  if (path === null) return;
  await opened(path, async (source) => {
    const plan = source.planJob([{ shortSide: 180, kilobitsPerSecond: 100 }]);
    const { a0 = "" } = Object.fromEntries(await encoded(source, plan, folder));
    const { streams } = (await ffprobe(["-show_entries", "stream=channels,duration", a0])) as {
      streams: { channels: number }[];
    };
    expect(streams).toMatchObject([{ channels: 2 }]);
  });
});
