import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CodedPicture, type CutSegment, cutVideo } from "../../shared/cmaf/cut.ts";
import { PICTURES_ON_GRID, roundedPictures } from "../../shared/cmaf/decode-clock.ts";
import { readFragments } from "../../shared/cmaf/read-fragment.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  expandDurations,
  runLengthDurations,
  type Segment,
  segmentDurationTicks,
  segmentFrames,
} from "../../shared/job/job.ts";
import { KEY_FRAME_TICKS, keyFrameIndexes } from "../../shared/job/key-frames.ts";
import { SEGMENT_LIMIT_TICKS } from "../../shared/plan/segments.ts";

/** 2 ms: the duration of a frame that is decoded ahead of its turn. */
const SHORTEST_TICKS = 180;
/** A grid of 400 frames per second. */
const GRID_TICKS = 225;

/** A frame of one slice, IDR or not, as an encoder with 4-byte NAL unit lengths returns it. */
function coded(isSync: boolean, presentedAt: number): CodedPicture {
  return { isSync, presentedAt, data: Uint8Array.from([0, 0, 0, 2, isSync ? 0x65 : 0x41, 7]) };
}

/** One to three consecutive segments, with even or random frame durations. */
const runOfSegments: fc.Arbitrary<Segment[]> = fc
  .array(
    fc.array(fc.oneof(fc.constant(3_003), fc.integer({ min: 1, max: 200_000 })), {
      minLength: 1,
      maxLength: 120,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => {
    let startTicks = 0;
    return all.map((each, index) => {
      const segment = { index, startTicks, durations: runLengthDurations(withinLimit(each)) };
      startTicks += segmentDurationTicks(segment);
      return segment;
    });
  });

/** Leaves out durations that would make a segment longer than a plan allows. */
function withinLimit(each: readonly number[]): number[] {
  let ticks = 0;
  return each.filter((durationTicks, index) => {
    ticks += durationTicks;
    return index === 0 || ticks < SEGMENT_LIMIT_TICKS;
  });
}

/** A segment whose frames are long enough to decode three of them, 2 ms each, while one is shown. */
const longFrames: fc.Arbitrary<Segment> = fc
  .array(fc.integer({ min: 3 * 180, max: 50_000 }), { minLength: 1, maxLength: 120 })
  .map((each) => ({ index: 1, startTicks: 180_000, durations: runLengthDurations(each) }));

/** Frames in decode order. Between two key frames, the order in which they are shown differs. */
function encode(segments: readonly Segment[], seed: number): CodedPicture[] {
  let random = seed;
  let shown = 0;
  return segments.flatMap((segment) => {
    const keys = keyFrameIndexes(segment);
    return keys.flatMap((from, nth) => {
      const frames = (keys[nth + 1] ?? segmentFrames(segment)) - from;
      const order = Array.from({ length: frames - 1 }, (_, index) => shown + 1 + index);
      // Reorder by at most three places, as B-frames do.
      for (let at = 0; at + 3 < order.length; at += 4) {
        random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
        const ahead = order.splice(at + (random % 4), 1);
        order.splice(at, 0, ...ahead);
      }
      const pictures = [coded(true, shown), ...order.map((place) => coded(false, place))];
      shown += frames;
      return pictures;
    });
  });
}

describe("cutting pictures", () => {
  test("shows each at its planned time, whatever order they are decoded in", () => {
    fc.assert(
      fc.property(runOfSegments, fc.nat(), fc.nat(200), (segments, seed, rounded) => {
        const cuts = cutVideo(encode(segments, seed), segments, 4, rounded);
        let sequence = 0;
        cuts.forEach(({ bytes, frames }, nth) => {
          const segment = segments[nth];
          if (segment === undefined) throw new Error("more cuts than segments");
          expect(frames).toBe(segmentFrames(segment));
          const fragments = readFragments(bytes, frames);
          const shown: number[] = [];
          let dueTicks = segment.startTicks;
          expect(fragments[0]?.samples[0]?.compositionOffsetTicks).toBe(0);
          for (const fragment of fragments) {
            expect(fragment.baseDecodeTicks).toBe(dueTicks);
            expect(fragment.sequence).toBeGreaterThan(sequence);
            sequence = fragment.sequence;
            expect(fragment.samples.map(({ isSync }) => isSync).lastIndexOf(true)).toBe(0);
            for (const { durationTicks, compositionOffsetTicks } of fragment.samples) {
              expect(durationTicks).toBeGreaterThan(0);
              shown.push(dueTicks + compositionOffsetTicks);
              dueTicks += durationTicks;
            }
          }
          expect(dueTicks).toBe(segment.startTicks + segmentDurationTicks(segment));
          expect(shown.sort((a, b) => a - b)).toEqual(starts(segment));
        });
      }),
      { numRuns: 300 },
    );
  });

  test("decodes none after it is shown, and all but a few as long as they are shown", () => {
    fc.assert(
      fc.property(longFrames, fc.nat(), (segment, seed) => {
        const [cut] = cutVideo(encode([segment], seed), [segment], 4, 0);
        const samples = samplesOf(cut);
        const own = ownDurations(segment);
        for (const { atTicks, offsetTicks } of samples) {
          expect(offsetTicks, `at ${atTicks}`).toBeGreaterThanOrEqual(0);
        }
        // Only the last frame may last longer than it is shown; so a paused seek finds the right frame.
        for (const { durationTicks, shownTicks } of samples.slice(0, -1)) {
          expect(durationTicks).toBeLessThanOrEqual(own.get(shownTicks) ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives uneven frames their true durations, and a shorter one only where the next is due", () => {
    fc.assert(
      fc.property(longFrames, fc.nat(), (segment, seed) => {
        const samples = samplesOf(
          cutVideo(encode([segment], seed), [segment], 4, PICTURES_ON_GRID)[0],
        );
        const own = ownDurations(segment);
        samples.slice(0, -1).forEach(({ durationTicks, shownTicks }, index) => {
          if (durationTicks === own.get(shownTicks)) return;
          const dueTicks = Math.min(...samples.slice(index + 1).map((each) => each.shownTicks));
          const nextTicks = samples[index + 1]?.atTicks ?? 0;
          expect(nextTicks, `after ${index}`).toBeGreaterThanOrEqual(dueTicks - 3 * SHORTEST_TICKS);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("in a video's first segment the same, but for so many pictures on the grid that ffmpeg counts in", () => {
    fc.assert(
      fc.property(longFrames, fc.nat(), fc.nat(60), (segment, seed, rounded) => {
        const first = { ...segment, index: 0 };
        const [exact, onGrid] = [segment, first].map((each) =>
          samplesOf(cutVideo(encode([each], seed), [each], 4, rounded)[0]),
        );
        exact?.forEach(({ atTicks, shownTicks }, index) => {
          const sample = onGrid?.[index];
          const early = atTicks - (sample?.atTicks ?? 0);
          expect(early).toBeGreaterThanOrEqual(0);
          expect(early).toBeLessThan(index < rounded ? GRID_TICKS : 1);
          if ((atTicks - first.startTicks) % GRID_TICKS === 0) expect(early).toBe(0);
          expect(sample?.shownTicks).toBe(shownTicks);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("rounds as many as the plan says; in plans without it, all of uneven frames and none of even ones", () => {
    expect(roundedPictures({ roundedPictures: 24, evenFrames: false })).toBe(24);
    expect(roundedPictures({ roundedPictures: 0, evenFrames: true })).toBe(0);
    expect(roundedPictures({ evenFrames: true })).toBe(0);
    expect(roundedPictures({ evenFrames: false })).toBe(Number.POSITIVE_INFINITY);
    expect(roundedPictures({})).toBe(Number.POSITIVE_INFINITY);
  });

  test("shortens only the first pictures of a segment where frames come evenly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 300 }), fc.nat(), (count, seed) => {
        const segment: Segment = { index: 4, startTicks: 900_000, durations: [[count, 3_600]] };
        const pictures = encode([segment], seed);
        const samples = samplesOf(cutVideo(pictures, [segment], 4, 0)[0]);
        const depth = Math.max(...pictures.map(({ presentedAt }, index) => index - presentedAt));
        const lengths = samples.map(({ durationTicks }) => durationTicks);
        expect(lengths.at(-1)).toBe((1 + depth) * 3_600);
        const short = lengths.filter((ticks) => ticks < 3_600);
        const shortTicks = short.reduce((sum, ticks) => sum + ticks, 0);
        expect(shortTicks).toBe(short.length * 3_600 - depth * 3_600);
      }),
      { numRuns: 200 },
    );
  });

  test("refuses a picture too few or too many", () => {
    const segments = [{ index: 0, startTicks: 0, durations: [[50, 3_600]] }] satisfies Segment[];
    const pictures = encode(segments, 1);
    expect(codeOf(() => cutVideo(pictures.slice(1), segments, 4, 0))).toBe("FRAME_COUNT_WRONG");
    expect(codeOf(() => cutVideo([...pictures, coded(false, 99)], segments, 4, 0))).toBe(
      "FRAME_COUNT_WRONG",
    );
  });

  test("refuses a segment that begins with no key frame, and one that a later picture reaches into", () => {
    const segments = [
      { index: 0, startTicks: 0, durations: [[10, 3_600]] },
      { index: 1, startTicks: 36_000, durations: [[10, 3_600]] },
    ] satisfies Segment[];
    const unkeyed = encode(segments, 1).map((one, at) => (at === 10 ? coded(false, 10) : one));
    expect(codeOf(() => cutVideo(unkeyed, segments, 4, 0))).toBe("ENCODE_FAILED");
    const crossing = encode(segments, 1).map((one) =>
      one.presentedAt === 9 ? coded(one.isSync, 10.5) : one,
    );
    expect(codeOf(() => cutVideo(crossing, segments, 4, 0))).toBe("ENCODE_FAILED");
  });

  test("leaves supplemental information out of key frames", () => {
    const segments = [{ index: 0, startTicks: 0, durations: [[1, 3_600]] }] satisfies Segment[];
    const sei = [0, 0, 0, 3, 6, 5, 1];
    const picture = { ...coded(true, 0), data: Uint8Array.from([...sei, 0, 0, 0, 2, 0x65, 7]) };
    const [cut] = cutVideo([picture], segments, 4, 0);
    expect(cut?.bytes.subarray(-6)).toEqual(Uint8Array.from([0, 0, 0, 2, 0x65, 7]));
    expect(readFragments(cut?.bytes ?? new Uint8Array(), 1)[0]?.samples[0]?.sizeBytes).toBe(6);
  });

  test("leaves parameter sets out of key frames that only the encoder wanted", () => {
    const picture = coded(true, 3_000);
    const sps = [0, 0, 0, 3, 0x67, 1, 2];
    const wanted = { ...picture, data: Uint8Array.from([...sps, ...picture.data]) };
    const segments: Segment[] = [{ index: 0, startTicks: 0, durations: [[2, 3_000]] }];
    const [cut] = cutVideo([coded(true, 0), wanted], segments, 4, 0);
    const [fragment] = readFragments(cut?.bytes ?? new Uint8Array(), 2);
    expect(fragment?.samples.map(({ sizeBytes }) => sizeBytes)).toEqual([6, 6]);
  });
});

test("key frames: the first, and the first at or after every second second", () => {
  fc.assert(
    fc.property(runOfSegments, ([segment]) => {
      if (segment === undefined) return;
      const at = starts(segment).map((ticks) => ticks - segment.startTicks);
      const keys = new Set(keyFrameIndexes(segment));
      expect(keys.has(0)).toBe(true);
      at.forEach((ticks, index) => {
        const period = Math.floor(ticks / KEY_FRAME_TICKS);
        const before = index === 0 ? -1 : Math.floor((at[index - 1] ?? 0) / KEY_FRAME_TICKS);
        expect(keys.has(index)).toBe(period > before);
      });
    }),
  );
});

interface CutSample {
  atTicks: number;
  durationTicks: number;
  offsetTicks: number;
  shownTicks: number;
}

/** In decode order. */
function samplesOf(cut: CutSegment | undefined): CutSample[] {
  if (cut === undefined) throw new Error("nothing was cut");
  return readFragments(cut.bytes, cut.frames).flatMap(({ baseDecodeTicks, samples }) => {
    let atTicks = baseDecodeTicks;
    return samples.map(({ durationTicks, compositionOffsetTicks: offsetTicks }) => {
      const sample = { atTicks, durationTicks, offsetTicks, shownTicks: atTicks + offsetTicks };
      atTicks += durationTicks;
      return sample;
    });
  });
}

/** Maps the start of each frame to the ticks that it is shown. */
function ownDurations(segment: Segment): Map<number, number | undefined> {
  const durations = expandDurations(segment.durations);
  return new Map(starts(segment).map((at, index) => [at, durations[index]]));
}

function starts(segment: Segment): number[] {
  let atTicks = segment.startTicks;
  return expandDurations(segment.durations).map((durationTicks) => {
    atTicks += durationTicks;
    return atTicks - durationTicks;
  });
}

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (thrown) {
    if (thrown instanceof TributaryError) return thrown.code;
    throw thrown;
  }
}
