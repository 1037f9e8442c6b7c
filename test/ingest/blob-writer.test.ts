import fc from "fast-check";
import { expect, test } from "vitest";
import { BlobWriter } from "../../shared/ingest/remux/blob-writer.ts";

const MIB = 1024 * 1024;

/** Writes like a muxer's: mostly at the end, sometimes further back to fill in a length. */
const writes = fc.array(
  fc.record({
    length: fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: MIB, max: 5 * MIB })),
    back: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  { maxLength: 12 },
);

test("a file written in any order is the file that was written", async () => {
  await fc.assert(
    fc.asyncProperty(writes, async (steps) => {
      const writer = new BlobWriter(100 * MIB);
      const expected = new Uint8Array(100 * MIB);
      let size = 0;
      for (const { length, back, value } of steps) {
        const position = back === null ? size : Math.floor(back * size);
        const bytes = new Uint8Array(length).fill(value);
        writer.write(bytes, position);
        // ffmpeg passes its own memory, which it overwrites at once.
        bytes.fill(77);
        expected.fill(value, position, position + length);
        size = Math.max(size, position + length);
      }
      expect(writer.sizeBytes).toBe(size);
      const made = new Uint8Array(await writer.finish("video/mp4").arrayBuffer());
      expect(Buffer.compare(made, expected.subarray(0, size))).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test("nothing is taken beyond the limit", () => {
  const writer = new BlobWriter(1000);
  writer.write(new Uint8Array(1000), 0);
  expect(writer.full).toBe(false);
  expect(() => writer.write(new Uint8Array(1), 1000)).toThrow(RangeError);
  expect(writer.full).toBe(true);
});
