import { describe, expect, test } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { rangeOf } from "../../shared/job/trim-range.ts";
import { framesWithin } from "../../shared/plan/trim.ts";

/** Ticks of 300 frames at 30000/1001 per second, and of the end of the last. */
const NTSC = Array.from({ length: 301 }, (_, i) => i * 3003);
/** Ticks of slides at 0, 10, 10.04 and 30 s, and of the end of the last. */
const SLIDES = [0, 10, 10.04, 30, 35].map((seconds) => seconds * TICKS_PER_SECOND);

function within(frames: number[], startSeconds: number, endSeconds?: number) {
  return framesWithin(frames, rangeOf({ startSeconds, ...(endSeconds && { endSeconds }) }));
}

describe("the frames of a part", () => {
  test("are those from the first at or after its start to the last before its end", () => {
    expect(within(NTSC, 1, 2)).toEqual({
      ...{ firstFrame: 30, endFrame: 60 },
      ...{ startTicks: 30 * 3003, endTicks: 60 * 3003 },
    });
    // The resulting range, used as a range again, gives the same frames.
    expect(framesWithin(NTSC, { startTicks: 30 * 3003, endTicks: 60 * 3003 })).toMatchObject({
      ...{ firstFrame: 30, endFrame: 60 },
    });
  });

  test("are the ones that are meant, where times are rounded to milliseconds", () => {
    // Frame 32 is at 1.067733 s, frame 31 at 1.034367 s.
    expect(within(NTSC, 1.068, 2)).toMatchObject({ firstFrame: 32 });
    expect(within(NTSC, 1.034, 1.068)).toMatchObject({ firstFrame: 31, endFrame: 32 });
  });

  test("go to the end where none is named, or a rounded one", () => {
    expect(within(NTSC, 9)).toMatchObject({ endFrame: 300, endTicks: 300 * 3003 });
    expect(within(NTSC, 9, 10.4)).toMatchObject({ endFrame: 300, endTicks: 300 * 3003 });
  });

  test("are cut where one stays for long", () => {
    expect(within(SLIDES, 4, 20)).toEqual({
      ...{ firstFrame: 0, endFrame: 3 },
      ...{ startTicks: 4 * TICKS_PER_SECOND, endTicks: 20 * TICKS_PER_SECOND },
    });
    expect(within(SLIDES, 12, 14)).toMatchObject({ firstFrame: 2, endFrame: 3 });
  });
});

test.each([
  ["TRIM_EMPTY", NTSC, 4, 4],
  ["TRIM_EMPTY", NTSC, 4, 3],
  ["TRIM_EMPTY", NTSC, 1.002, 1.01],
  ["TRIM_BEYOND_END", NTSC, 10.5, 11],
  ["TRIM_BEYOND_END", NTSC, 3, 10.6],
] as const)("%s is a range that cannot be", (code, frames, start, end) => {
  try {
    within([...frames], start, end);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(TributaryError);
    expect((thrown as TributaryError).code).toBe(code);
    return;
  }
  throw new Error("It was taken.");
});
