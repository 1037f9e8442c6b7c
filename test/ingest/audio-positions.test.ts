import { expect, test } from "vitest";
import { audioGrid, audioOverlaps } from "../../shared/ingest/read/audio-positions.ts";

const RATE = 48_000;
const SAMPLES = 1536;
const PACKET_SECONDS = SAMPLES / RATE;

/** Positions, in seconds, that AC-3 packets with these times get. */
function laidOut(seconds: number[]): number[] {
  const durationSeconds = seconds.map(() => PACKET_SECONDS);
  const timing = { seconds, durationSeconds, sampleRate: RATE, step: 1, codec: "ac3" } as const;
  return [...audioGrid(timing)].map((at) => at / RATE);
}

const even = (count: number, shift: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => index * PACKET_SECONDS + shift(index));

test("after each joint the sound is at its own time: what overlaps does not add up", () => {
  // Three recordings. Each begins 21 ms before the end of the previous one.
  const seconds = even(300, (index) => -0.021 * Math.floor(index / 100));
  const positions = laidOut(seconds);
  seconds.forEach((at, index) => {
    expect(Math.abs((positions[index] ?? 0) - at)).toBeLessThan(1 / RATE);
  });
});

test("a recording is heard from its beginning, and what it covers of the one before is counted", () => {
  // The second recording begins 100 ms before the end of the first, which is three packets and a part of a fourth.
  const seconds = even(200, (index) => (index < 100 ? 0 : -0.1));
  const timing = {
    ...{ seconds, durationSeconds: seconds.map(() => PACKET_SECONDS), sampleRate: RATE },
    ...{ step: 1, codec: "ac3" as const },
  };
  const positions = audioGrid(timing);
  expect((positions[100] ?? 0) / RATE).toBeCloseTo(seconds[100] ?? 0, 4);
  expect(audioOverlaps(timing, positions)).toEqual([{ packet: 100, samples: 4800 }]);
  expect(audioOverlaps({ ...timing, joins: [100] }, positions)).toEqual([]);
});

test("a packet that is missing leaves its time free", () => {
  const seconds = even(100, (index) => (index < 50 ? 0 : PACKET_SECONDS));
  const positions = laidOut(seconds);
  expect(positions[99]).toBeCloseTo(seconds[99] ?? 0, 4);
});

test.each([
  ["rounded to milliseconds", (index: number) => ((index * 7) % 10) / 10_000],
  ["that jitter", (index: number) => (index % 2) * 0.02],
  ["of which one is wrong", (index: number) => (index === 40 ? 0.03 : 0)],
  ["that are early for a few packets", (index: number) => (index % 20 < 6 ? -0.0205 : 0)],
  ["that step by less than a packet", (index: number) => (index < 50 ? 0 : 0.0213)],
])("times %s move no packet", (_, shift) => {
  const positions = laidOut(even(100, shift));
  const [first = 0] = positions;
  positions.forEach((at, index) => {
    expect(at - first).toBeCloseTo(index * PACKET_SECONDS, 6);
  });
});
