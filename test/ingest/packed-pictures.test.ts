import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sourceFrameTimes, worstTimeError } from "../exactness/decoded-frames.ts";
import { generatedClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes } from "./cut-and-decode.ts";
import { type EditChunks, notCoded, packed, withChunks } from "./packed-avi.ts";

// XviD and DivX in AVI: chunks with two frames, and with none. Native ffmpeg's output counts as right.

/** Bits of a `vop_time_increment` at 25 frames per second. */
const TIME_BITS = 5;
const xvid = (bFrames: number) => [
  ...["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=6.04"],
  ...["-c:v", "mpeg4", "-q:v", "4", "-g", "50", "-bf", String(bFrames), "-vtag", "XVID"],
];

/** Adds frames that repeat the previous one, which encoders write where nothing moves. */
const repeated: EditChunks = (chunks) =>
  chunks.flatMap((data, nth) => (nth % 10 === 9 ? [data, notCoded(TIME_BITS)] : [data]));
/** Adds empty chunks, which capture programs write where a frame was dropped. */
const dropped: EditChunks = (chunks) =>
  chunks.flatMap((data, nth) => (nth % 10 === 9 ? [data, Buffer.alloc(0)] : [data]));

describe("MPEG-4 pictures in AVI chunks", () => {
  test.each<[string, number, EditChunks]>([
    ["one B picture packed with the next", 1, packed(TIME_BITS)],
    ["two B pictures, of which the first is packed", 2, packed(TIME_BITS)],
    [
      "packed, and the file breaks off in the middle of a pair",
      1,
      (chunks) => packed(TIME_BITS)(chunks).slice(0, 120),
    ],
    ["not coded pictures where nothing moves", 0, repeated],
    ["empty chunks of dropped frames", 0, dropped],
  ])("%s", async (_, bFrames, edit) => {
    const plain = await generatedClip(`xvid-${bFrames}.avi`, xvid(bFrames));
    await inFolder(async (folder) => {
      const path = join(folder, "packed.avi");
      await writeFile(path, withChunks(await readFile(plain), edit));
      const expected = await pictureHashes(path);
      const opened = await open(path);
      const plan = opened.planJob();
      const tasks = await decodeVideoTasks(opened, plan);
      const times = plan.segments.flatMap(({ startTicks, durations }) =>
        timesOf(startTicks, durations),
      );
      opened.close();
      expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(expected);
      for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
      // AVI chunks have no times. Native ffmpeg knows a frame's time only without B-frames.
      const even = Array.from({ length: expected.length }, (_, nth) => nth / 25);
      const shown = bFrames > 0 ? even : await sourceFrameTimes(path);
      expect(worstTimeError(times, shown)).toBeLessThan(0.001);
    });
  });
});

function timesOf(startTicks: number, durations: readonly (readonly [number, number])[]): number[] {
  const times: number[] = [];
  let at = startTicks;
  for (const [count, ticks] of durations) {
    for (let n = 0; n < count; n += 1, at += ticks) times.push(at / 90_000);
  }
  return times;
}
