import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ffmpeg, generatedClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes } from "./cut-and-decode.ts";

/** Recordings that begin in the middle of a stream: their first frames refer to frames that are not in the file. */

const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=8"];
const x264 = [
  ...["-c:v", "libx264", "-preset", "ultrafast"],
  ...["-x264-params", "open-gop=1:keyint=52:min-keyint=52:bframes=3:b-adapt=0:scenecut=0"],
];
/** Parameter sets before each key frame. By default ffmpeg writes them only before an IDR frame. */
const WITH_SETS = ["-bsf:v", "h264_mp4toannexb,dump_extra=freq=k"];
const x265 = [
  ...["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params"],
  "open-gop=1:keyint=52:min-keyint=52:bframes=3:b-adapt=0:scenecut=0:log-level=error",
];

describe("what leads an open GOP at the very start is left out, with its number", () => {
  test.each([
    ["H.264 in a TS", x264, "ts"],
    ["H.264 in Matroska", x264, "mkv"],
    ["H.265 in a TS", x265, "ts"],
    ["H.265 in Matroska", x265, "mkv"],
  ])("%s", async (_, codec, ending) => {
    const whole = await generatedClip("open-gop.mp4", [...picture, ...codec]);
    await inFolder(async (folder) => {
      const path = join(folder, `late.${ending}`);
      const cut = ["-ss", "3", "-copyts", "-i", whole, "-c", "copy", "-copyts"];
      await ffmpeg([...cut, ...(ending === "ts" && codec === x264 ? WITH_SETS : []), path]);
      const opened = await open(path);
      const tasks = await decodeVideoTasks(opened, opened.planJob());
      const { notices, video } = opened.facts;
      opened.close();
      const hashes = tasks.flatMap((task) => task.hashes);
      const all = await pictureHashes(whole);
      expect(hashes).toEqual(all.slice(-hashes.length));
      // Each key frame except the first has three leading B-frames.
      expect(hashes).toHaveLength(148);
      expect(video.frames).toBe(148);
      expect(notices.map(({ code, atSeconds }) => [code, atSeconds])).toEqual([
        ["FRAMES_UNDECODABLE", 0],
      ]);
      expect(notices[0]?.message).toMatch(/^The first 3 frames are missing/);
    });
  });
});

test.each(["mp4", "mkv", "ts"])("sound before the first picture is named (%s)", async (ending) => {
  const path = await generatedClip(`early-sound.${ending}`, [
    ...["-f", "lavfi", "-i", "sine=duration=6", "-itsoffset", "2"],
    ...["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=4"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"],
    ...["-fps_mode", "passthrough", "-c:a", "aac"],
  ]);
  const opened = await open(path);
  const { notices, video } = opened.facts;
  opened.close();
  expect(video.frames).toBe(100);
  expect(notices.map(({ code }) => code)).toEqual(["SOUND_LEFT_OUT"]);
  expect(notices[0]?.atSeconds).toBeCloseTo(-2, 0);
  expect(notices[0]?.message).toMatch(/0:02/);
});
