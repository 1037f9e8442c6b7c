import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeInit } from "../../shared/cmaf/init.ts";
import { writeFragment } from "../../shared/cmaf/write-fragment.ts";
import { copyFrames } from "../../shared/encode/audio-copy.ts";
import { ffmpeg } from "../setup/media.ts";

const STEREO = { sampleRate: 48_000, channels: 2, bitsPerSecond: 128_000 };
/** Bytes of a frame of 1,024 samples at 128 kbit/s. */
const FRAME_BYTES = 341;

/** Packets from a sample on. All bytes of a packet are its number, counted from 1. */
function packetsFrom(startSample: number, count: number, bytes = FRAME_BYTES) {
  return {
    packets: Array.from({ length: count }, (_, index) => new Uint8Array(bytes).fill(index + 1)),
    startSamples: Array.from({ length: count }, (_, index) => startSample + index * 1024),
  };
}

const RUN = { firstFrame: 10, framesPerSegment: [3, 2] };
const numbers = (frames: Uint8Array[] | null) =>
  frames?.map((frame) => (frame.length === FRAME_BYTES ? frame[0] : 0));

test("a run's frames are the source's, without what is around them", () => {
  expect(numbers(copyFrames(packetsFrom(8 * 1024, 9), RUN, STEREO, undefined))).toEqual([
    3, 4, 5, 6, 7,
  ]);
});

test("before the source's first frame and after its last there is silence", () => {
  expect(numbers(copyFrames(packetsFrom(11 * 1024, 3), RUN, STEREO, undefined))).toEqual([
    0, 1, 2, 3, 0,
  ]);
});

test("where the source has nothing there is silence", () => {
  expect(numbers(copyFrames(packetsFrom(0, 9), RUN, STEREO, undefined))).toEqual([0, 0, 0, 0, 0]);
});

test.each([
  ["off the grid by a sample", packetsFrom(8 * 1024 + 1, 9)],
  ["with a frame missing", { ...packetsFrom(8 * 1024, 9), startSamples: gap() }],
  ["at 1.6 times the planned rate", packetsFrom(8 * 1024, 9, Math.ceil(FRAME_BYTES * 1.6))],
  ["with an empty packet", packetsFrom(8 * 1024, 9, 0)],
])("sound %s has to be encoded", (_, source) => {
  expect(copyFrames(source, RUN, STEREO, undefined)).toBe(null);
});

function gap(): number[] {
  return packetsFrom(8 * 1024, 9).startSamples.map((at, index) => (index < 4 ? at : at + 1024));
}

test("at 1.4 times the planned rate it is taken, behind an edit list and in 5.1 it is not", () => {
  const busy = packetsFrom(8 * 1024, 9, Math.ceil(FRAME_BYTES * 1.4));
  expect(copyFrames(busy, RUN, STEREO, undefined)).toHaveLength(5);
  const usual = packetsFrom(8 * 1024, 9);
  expect(copyFrames(usual, RUN, STEREO, [{ startTicks: 0, endTicks: 90_000 }])).toBe(null);
  expect(copyFrames(usual, RUN, { ...STEREO, channels: 6 }, undefined)).toBe(null);
});

test.each([1, 2])(
  "frames of silence are silent, by native ffmpeg, in %i channels",
  async (channels) => {
    const run = { firstFrame: 0, framesPerSegment: [6] };
    const frames = copyFrames(
      packetsFrom(5 * 1024, 1, 100),
      run,
      { ...STEREO, channels },
      undefined,
    );
    const samples = (frames ?? []).slice(0, 5).map((data) => ({
      data,
      sizeBytes: data.length,
      durationTicks: 1024,
      compositionOffsetTicks: 0,
      isSync: true,
    }));
    const track = { kind: "audio" as const, sampleRate: 48_000, channels, language: "und" };
    const dir = await mkdtemp(join(tmpdir(), "tributary-silence-"));
    try {
      const path = join(dir, "silence.mp4");
      const media = writeFragment({ sequence: 1, baseDecodeTicks: 0, samples });
      await writeFile(path, Buffer.concat([writeInit(track, 48_000), media]));
      const raw = await ffmpeg(["-xerror", "-i", path, "-f", "s16le", "-"]);
      expect(raw.length).toBe(5 * 1024 * 2 * channels);
      expect(raw.every((byte) => byte === 0)).toBe(true);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);
