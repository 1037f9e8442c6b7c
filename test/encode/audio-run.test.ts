import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseDecodedFrames,
  placeAudio,
  planAudioRun,
  planPcmWindow,
  readAdtsFrames,
} from "../../shared/encode/audio-run.ts";
import {
  AAC_FRAME_SAMPLES,
  audioFrameAt,
  type Segment,
  TICKS_PER_SECOND,
} from "../../shared/job/job.ts";

const SAMPLE_RATES = [8_000, 16_000, 22_050, 32_000, 44_100, 48_000];

describe("runs of sound", () => {
  test("take every AAC frame of the timeline once, however it is divided", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_RATES),
        fc.array(fc.integer({ min: 9_000, max: 1_000_000 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
        (sampleRate, lengths, runLengths) => {
          const segments = inARow(lengths);
          const taken: number[] = [];
          for (let at = 0, nth = 0; at < segments.length; nth++) {
            const own = segments.slice(at, at + (runLengths[nth] ?? 1));
            at += own.length;
            const run = planAudioRun(own, sampleRate);
            const kept = run.framesPerSegment.reduce((sum, frames) => sum + frames, 0);
            for (let frame = 0; frame < kept; frame++) taken.push(run.firstFrame + frame);
            // The encoder outputs one frame for each 1,024 samples, after its priming.
            const firstMade = run.startSample / AAC_FRAME_SAMPLES;
            expect(firstMade + run.preRollFrames).toBe(run.firstFrame);
            expect(run.endSample).toBeGreaterThan((run.firstFrame + kept) * AAC_FRAME_SAMPLES);
          }
          const endTicks = lengths.reduce((sum, length) => sum + length, 0);
          const all = audioFrameAt(endTicks, sampleRate);
          expect(taken).toEqual(Array.from({ length: all }, (_, frame) => frame));
          // Audio covers the whole timeline, and no whole frame lies past its end.
          const seconds = endTicks / TICKS_PER_SECOND;
          expect((all * AAC_FRAME_SAMPLES) / sampleRate).toBeGreaterThanOrEqual(seconds - 1e-9);
          expect(((all - 1) * AAC_FRAME_SAMPLES) / sampleRate).toBeLessThan(seconds);
        },
      ),
    );
  });

  test("are resampled from a whole sample at both rates", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(44_100, 48_000),
        fc.constantFrom(8_000, 11_025, 22_050, 37_800, 44_100, 48_000, 96_000),
        fc.integer({ min: 0, max: 100_000_000 }),
        (sampleRate, sourceRate, startTicks) => {
          const run = planAudioRun(
            [{ index: 0, startTicks, durations: [[1, 540_000]] }],
            sampleRate,
          );
          const window = planPcmWindow(run, sampleRate, sourceRate);
          const skippedAt = (window.startSample / sourceRate) * sampleRate + window.skipSamples;
          expect(skippedAt).toBeCloseTo(run.startSample, 6);
          const made = (window.samples * sampleRate) / sourceRate - window.skipSamples;
          expect(made).toBeGreaterThanOrEqual(run.endSample - run.startSample - 1e-6);
        },
      ),
    );
  });
});

describe("placing decoded sound", () => {
  const window = { startSample: 100, samples: 50, skipSamples: 0 };
  /** Sample n of the decoder's output has the value n + 1, so that none is 0 like silence. */
  const pcm = Float32Array.from({ length: 60 }, (_, at) => at + 1);
  const place = (frames: { startSample: number; samples: number }[], baseTicks = 0) =>
    Array.from(placeAudio(pcm, { sampleRate: 48_000, frames }, baseTicks, window, 1));
  const silence = (count: number) => Array<number>(count).fill(0);
  const sound = (from: number, to: number) => Array.from(pcm.subarray(from, to));

  test("cuts what is before and after the window", () => {
    expect(place([{ startSample: 95, samples: 60 }])).toEqual(sound(5, 55));
  });

  test("leaves silence where there is no sound, and nothing is silence too", () => {
    expect(place([{ startSample: 110, samples: 20 }])).toEqual([
      ...silence(10),
      ...sound(0, 20),
      ...silence(20),
    ]);
    expect(place([])).toEqual(silence(50));
  });

  test("counts on over rounded times, and starts anew after a gap", () => {
    const rounded = [
      { startSample: 100, samples: 20 },
      { startSample: 118, samples: 20 },
    ];
    expect(place(rounded)).toEqual([...sound(0, 40), ...silence(10)]);
    const far = { ...window, samples: 1_000 };
    const frames = [
      { startSample: 100, samples: 20 },
      { startSample: 1_000, samples: 20 },
    ];
    const placed = placeAudio(pcm, { sampleRate: 48_000, frames }, 0, far, 1);
    expect(Array.from(placed.subarray(895, 925))).toEqual([
      ...silence(5),
      ...sound(20, 40),
      ...silence(5),
    ]);
  });

  test("reads times from the chunk's own zero", () => {
    // 15 ticks are 8 samples at 48 kHz.
    expect(place([{ startSample: 92, samples: 50 }], 15)).toEqual(sound(0, 50));
  });

  test("keeps channels together", () => {
    const frames = [{ startSample: 99, samples: 30 }];
    const placed = placeAudio(pcm, { sampleRate: 48_000, frames }, 0, window, 2);
    expect(Array.from(placed.subarray(0, 6))).toEqual([3, 4, 5, 6, 7, 8]);
  });
});

test("decoded frames are read from ffmpeg's log among other lines", () => {
  const line = (pts: string, samples: number) =>
    `[Parsed_ashowinfo_0 @ 0xdf] [info] n:7 pts:${pts} pts_time:0.1 pos:44 fmt:fltp channels:2 chlayout:stereo rate:44100 nb_samples:${samples} checksum:0 plane_checksums: [ 0 ]`;
  const lines = [
    "[info] Stream #0:0: Audio",
    line("312", 648),
    line("NOPTS", 960),
    line("1920", 960),
  ];
  expect(parseDecodedFrames(lines)).toEqual({
    sampleRate: 44_100,
    frames: [
      { startSample: 312, samples: 648 },
      { startSample: 960, samples: 960 },
      { startSample: 1_920, samples: 960 },
    ],
  });
  const other = line("0", 1).replace("rate:44100", "rate:48000");
  expect(() => parseDecodedFrames([...lines, other])).toThrow(/sample rate/);
});

test("ADTS frames lose their headers; anything else is refused", () => {
  const frame = (...body: number[]) => {
    const length = body.length + 7;
    return [0xff, 0xf1, 0x50, 0x80, length >> 3, (length & 7) << 5, 0xfc, ...body];
  };
  const stream = Uint8Array.from([...frame(1, 2, 3), ...frame(4)]);
  expect(readAdtsFrames(stream).map((bytes) => [...bytes])).toEqual([[1, 2, 3], [4]]);
  expect(readAdtsFrames(new Uint8Array(0))).toEqual([]);
  expect(() => readAdtsFrames(stream.subarray(0, -1))).toThrow(/cut off/);
  expect(() => readAdtsFrames(Uint8Array.from(frame()))).toThrow(/cut off/);
  expect(() => readAdtsFrames(Uint8Array.from([1, 2, 3]))).toThrow(/malformed/);
});

function inARow(lengths: readonly number[]): Segment[] {
  let startTicks = 0;
  return lengths.map((length, index) => {
    const segment: Segment = { index, startTicks, durations: [[1, length]] };
    startTicks += length;
    return segment;
  });
}
