import { expect, test } from "vitest";
import { maxChunkBytes, maxChunksBytes } from "../../edge/coordinator/schedule/chunk-bounds.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { planOf } from "./plan-of.ts";

function sized(sizeBytes: number, seconds = 60) {
  const plan = planOf(1);
  const durationTicks = seconds * TICKS_PER_SECOND;
  return { ...plan, source: { ...plan.source, sizeBytes, durationTicks } };
}

test("a chunk may hold its whole source, and all chunks it several times over", () => {
  for (const sizeBytes of [1, 1e6, 1e9]) {
    expect(maxChunkBytes(sized(sizeBytes))).toBeGreaterThan(sizeBytes);
    expect(maxChunksBytes(sized(sizeBytes))).toBeGreaterThan(3 * sizeBytes);
  }
});

test("a source that claims more bytes than pictures can have gets nothing for it", () => {
  expect(maxChunkBytes(sized(Number.MAX_SAFE_INTEGER))).toBeLessThanOrEqual(2 ** 31);
  expect(maxChunksBytes(sized(Number.MAX_SAFE_INTEGER))).toBe(maxChunksBytes(sized(60e9)));
});
