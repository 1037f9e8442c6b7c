import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PICTURES_ON_GRID } from "../../shared/cmaf/decode-clock.ts";
import type { TranscodeTask } from "../../shared/encode/transcode-task.ts";
import { nativeTranscode } from "../encode/native.ts";
import { cutTasks } from "../encode/whole-job.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";

// Why a video's first decode durations are rounded where frames come unevenly, as native ffmpeg shows it.

const FRAMES = 300;
/** Ticks of 1/90000 s: ten frames of 1/29.97 s, then one of 9 ms. */
const TIMES = "floor(N/11)*30807+mod(N\\,11)*3003";

let dir: string;
let clip: string;
let tasks: TranscodeTask[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-uneven-"));
  clip = await generatedClip("close-frames.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=192x144:rate=30", "-frames:v", String(FRAMES)],
    ...["-vf", `settb=1/90000,setpts=${TIMES}`, "-fps_mode", "passthrough"],
    ...["-enc_time_base", "1:90000", "-video_track_timescale", "90000"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"],
  ]);
  const cut = await cutTasks(clip, [{ shortSide: 144, kilobitsPerSecond: 200 }]);
  tasks = cut.tasks.filter(({ grant }) => grant.task.kind === "video");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** All segments as one file. @param roundedPictures default: as planned */
async function made(roundedPictures?: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const task of tasks) {
    const { source } = task.grant;
    const video = {
      ...source.video,
      ...(roundedPictures === undefined ? {} : { roundedPictures }),
    };
    const grant = { ...task.grant, source: { ...source, video } };
    const { outputs } = await nativeTranscode({ ...task, chunk: task.chunk.slice(), grant });
    const wanted = outputs.filter(({ kind }) => kind === "media" || parts.length === 0);
    parts.push(...wanted.map(({ bytes }) => bytes));
  }
  const path = join(dir, `${roundedPictures}.mp4`);
  await writeFile(path, Buffer.concat(parts));
  return path;
}

/** Frames that ffmpeg's tool writes when nobody tells it how to treat uneven ones. */
async function framesByDefault(path: string): Promise<number> {
  const list = (await ffmpeg(["-i", path, "-f", "framehash", "-hash", "crc32", "-"])).toString();
  return list.split("\n").filter((line) => /^\d/.test(line)).length;
}

/** Decode times as `trun` gives them, in decode order. */
async function decodeTimes(path: string): Promise<number[]> {
  const { packets } = (await ffprobe(["-show_entries", "packet=dts", path])) as {
    packets: { dts: number }[];
  };
  return packets.map(({ dts }) => dts);
}

test("true durations from the first on cost frames in ffmpeg; a few rounded ones do not, and show all in time", async () => {
  const [exact, planned] = [await made(0), await made()];
  expect(await framesByDefault(exact)).toBeLessThan(FRAMES - 20);
  expect(await framesByDefault(planned)).toBe(FRAMES);
  const times = await decodeTimes(exact);
  const rounded = await decodeTimes(planned);
  expect(rounded.slice(PICTURES_ON_GRID)).toEqual(times.slice(PICTURES_ON_GRID));
  expect(rounded).not.toEqual(times);
  for (const path of [exact, planned]) {
    const shown = await decodedFrameTimes(path);
    expect(worstTimeError(shown, await sourceFrameTimes(clip))).toBeLessThan(0.0001);
  }
});
