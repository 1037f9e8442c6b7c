import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes } from "./cut-and-decode.ts";
import { makeFolder } from "./made-folder.ts";

const part = (seconds: number, more: string[], filter = "null") => [
  ...["-f", "lavfi", "-i", `testsrc2=size=160x96:rate=25:duration=${seconds},${filter}`],
  ...["-f", "lavfi", "-i", `aevalsrc=0.4*sin(2*PI*(200+40*t)*t):s=48000:d=${seconds}`],
  ...["-c:a", "aac", ...more],
];
const x264 = (bFrames: number, gop = 50) => [
  ...["-c:v", "libx264", "-preset", "ultrafast", "-g", `${gop}`, "-bf", `${bFrames}`],
];
const x265 = [
  ...["-c:v", "libx265", "-preset", "ultrafast"],
  ...["-x265-params", "bframes=2:keyint=50:log-level=error"],
];

/** `seconds`: start of the second part, counted from the start of the first one, which lasts 5 s. */
const SPLICES: [what: string, seconds: number, codec: string[], words: RegExp][] = [
  ["overlaps by a frame", 4.96, x264(0), /At 0:0\d\.\d two recordings overlap by 1 frame;/],
  ["overlaps by two frames", 4.92, x264(0), /overlap by 2 frames/],
  ["overlaps by half a frame", 4.98, x264(0), /overlap by 1 frame;/],
  ["overlaps by frames, with B-frames", 4.96, x264(2), /overlap by \d frames?;/],
  ["begins on the same clock", 0, x264(2), /clock jumps back by 5\.\d s/],
  ["overlaps by a frame, all key frames", 4.96, x264(0, 1), /overlap by 1 frame;/],
  ["overlaps by frames, H.265", 4.96, x265, /overlap by \d frames?;/],
  ["begins on the same clock, all key frames", 0, x264(0, 1), /clock jumps back by 5\.\d s/],
  ["begins on the same clock, H.265", 0, x265, /clock jumps back by 5\.\d s/],
  ["begins on a clock of later", 5000, x264(2), /clock jumps ahead by 4995\.\d s/],
];

describe("two recordings in one transport stream", () => {
  test.each(SPLICES)("the second %s", async (_, offset, codec, words) => {
    const one = await generatedClip("part.ts", part(5, codec));
    const shift = [...codec, "-output_ts_offset", String(offset)];
    const other = await generatedClip("part.ts", part(4, shift, "negate"));
    await inFolder(async (folder) => {
      const path = join(folder, "spliced.ts");
      await writeFile(path, Buffer.concat([await readFile(one), await readFile(other)]));
      const opened = await open(path);
      const plan = opened.planJob();
      const tasks = await decodeVideoTasks(opened, plan);
      opened.close();
      expect(plan.source.warnings[0]).toMatch(words);
      const [told] = plan.source.notices;
      expect(told?.code).toMatch(/^(CLOCK_JUMPS|RECORDINGS_OVERLAP)$/);
      expect(Math.abs((told?.atSeconds ?? 0) - 5)).toBeLessThan(0.2);
      for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
      const expected = [...(await pictureHashes(one)), ...(await pictureHashes(other))];
      expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(expected);
      expect(Math.abs(plan.source.durationTicks / TICKS_PER_SECOND - 9)).toBeLessThan(0.2);
      await makeFolder(path, folder);
    });
  });
});

test.each(["reports/ts-one-frame-overlap.ts", "reports/ts-ac3-51-to-20.ts"])(
  "the real clip %s is made",
  async (name) => {
    const path = realClip(name);
    if (path === null) return;
    await inFolder(async (folder) => {
      const { warnings } = await makeFolder(path, folder);
      expect(warnings[0]).toMatch(/two recordings overlap by 1 frame/);
    });
  },
);
