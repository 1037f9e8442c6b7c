import { describe, expect, test } from "vitest";
import { readFragments } from "../../shared/cmaf/read-fragment.ts";
import { writeFragment } from "../../shared/cmaf/write-fragment.ts";

function sample(isSync: boolean, byte: number) {
  return {
    data: Uint8Array.of(byte, byte),
    sizeBytes: 2,
    durationTicks: 3600,
    compositionOffsetTicks: 0,
    isSync,
  };
}

describe("sync samples of a fragment", () => {
  for (const flags of ["100000", "100100", "111111", "1", "110001"]) {
    test(`${flags} is read as it was written`, () => {
      const samples = [...flags].map((flag, index) => sample(flag === "1", index));
      const bytes = writeFragment({ sequence: 1, baseDecodeTicks: 0, samples });
      const [fragment] = readFragments(bytes, 100);
      expect(fragment?.samples.map(({ isSync }) => (isSync ? "1" : "0")).join("")).toBe(flags);
      expect(fragment?.samples.every(({ durationTicks }) => durationTicks === 3600)).toBe(true);
      expect(bytes.subarray(fragment?.dataOffset)).toEqual(
        Uint8Array.from(samples.flatMap(({ data }) => [...data])),
      );
    });
  }
});
