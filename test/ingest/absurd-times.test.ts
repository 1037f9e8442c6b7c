import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placePictures } from "../../shared/ingest/read/misplaced-pictures.ts";
import type { PacketList } from "../../shared/ingest/read/source-index.ts";
import { toWireError } from "../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { generatedClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";
import { trackStep, withBox } from "./edited-boxes.ts";

// Files whose tables contain impossible numbers.

const CLIP = [
  ...["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=8"],
  ...["-f", "lavfi", "-i", "sine=duration=8"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-c:a", "aac"],
];
const FRAME_SECONDS = 1 / 25;

/** Times of the displayed frames, in seconds. */
async function timesOf(bytes: Buffer): Promise<number[]> {
  return inFolder(async (dir) => {
    const path = join(dir, "absurd.mp4");
    await writeFile(path, bytes);
    const source = await open(path);
    source.close();
    return Array.from(source.index.video.frameTicks.slice(0, -1), (at) => at / TICKS_PER_SECOND);
  });
}

const plain = readFile(await generatedClip("absurd.mp4", CLIP));
const stbl = (file: Buffer) => ["moov", trackStep(file, "vide"), "mdia", "minf", "stbl"];

function withNumber(file: Buffer, path: readonly string[], at: number, value: number): Buffer {
  return withBox(file, path, (body) => {
    const changed = Buffer.from(body);
    changed.writeUInt32BE(value >>> 0, at);
    return changed;
  });
}

test("a composition offset that leads out of its group: the picture stays among its neighbours", async () => {
  const file = await plain;
  const path = [...stbl(file), "ctts"];
  let entries = 0;
  withBox(file, path, (body) => {
    entries = body.readUInt32BE(4);
    return body;
  });
  const far = fc.oneof(
    fc.integer({ min: 15 * 12_800, max: 0x7fff_ffff }),
    fc.integer({ min: -0x7fff_ffff, max: -15 * 12_800 }),
  );
  // Not the last frames: too few frames follow them to show that a number is wrong.
  const entry = fc.integer({ min: 8, max: entries - 24 });
  await fc.assert(
    fc.asyncProperty(entry, far, async (which, value) => {
      const times = await timesOf(withNumber(file, path, 12 + 8 * which, value));
      expect(times).toHaveLength(200);
      times.forEach((at, frame) => {
        expect(Math.abs(at - frame * FRAME_SECONDS)).toBeLessThan(3 * FRAME_SECONDS);
      });
    }),
    { numRuns: 30 },
  );
});

describe.each([
  ["a sample's duration", ["stts"], 12, 0xffff_ffff],
  ["a sample's duration of nothing", ["stts"], 12, 0],
  ["a track's ticks a second", ["mdhd"], 12, 1],
  ["a track's ticks a second, too many", ["mdhd"], 12, 0xffff_ffff],
] as const)("%s", (_, [box], at, value) => {
  test("is refused at once, in plain words", async () => {
    const file = await plain;
    const path = box === "mdhd" ? [...stbl(file).slice(0, 3), box] : [...stbl(file), box];
    const error = await timesOf(withNumber(file, path, at, value)).catch(toWireError);
    expect(error).toMatchObject({ code: "SOURCE_TIMES_WRONG", retryable: false });
    expect(error).toMatchObject({ message: expect.stringMatching(/times in the file cannot be/) });
  });
});

test.each([
  ["mvhd", 12, 1],
  ["mvhd", 16, 1],
  ["mvhd", 16, 0xffff_fffe],
] as const)(
  "a movie's header that is wrong by itself (%s, %i: %i) costs nothing",
  async (box, at, value) => {
    expect(await timesOf(withNumber(await plain, ["moov", box], at, value))).toHaveLength(200);
  },
);

function listOf(seconds: number[]): PacketList {
  const { length } = seconds;
  return {
    seconds: Float64Array.from(seconds),
    places: Float64Array.from(seconds),
    numbers: Float64Array.from(seconds, (_, i) => i),
    durationSeconds: new Float64Array(length),
    isKey: new Uint8Array(length),
    bytes: new Uint32Array(length),
    looks: new Float64Array(length),
    hidden: null,
    descriptions: null,
  };
}

test("slides and screens that stand still are left as they are, in any order of decoding", () => {
  const gap = fc.oneof(
    { weight: 8, arbitrary: fc.constant(0.04) },
    { weight: 1, arbitrary: fc.double({ min: 0.01, max: 5_000, noNaN: true }) },
  );
  const reorder = fc.integer({ min: 0, max: 16 });
  fc.assert(
    fc.property(fc.array(gap, { minLength: 30, maxLength: 120 }), reorder, (gaps, held) => {
      let at = 0;
      const shown = gaps.map((each) => {
        at += each;
        return at;
      });
      // The last frame of each group is decoded first.
      const decoded: number[] = [];
      for (let from = 0; from < shown.length; from += held + 1) {
        const group = shown.slice(from, from + held + 1);
        decoded.push(group.at(-1) ?? 0, ...group.slice(0, -1));
      }
      const list = listOf(decoded);
      expect(placePictures(list)).toEqual([]);
      expect(Array.from(list.seconds)).toEqual(decoded);
    }),
    { numRuns: 2_000 },
  );
});
