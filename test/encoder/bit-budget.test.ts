import { expect, test } from "vitest";
import { remainingBitsPerSecond } from "../../web/encoder/engines/webcodecs/bit-budget.ts";

const budget = { bitsPerSecond: 1_000_000, askedBitsPerSecond: 1_000_000, totalSeconds: 6 };

test("what was overspent is taken from the rest, what was saved is given to it", () => {
  expect(remainingBitsPerSecond(budget, { bits: 2_500_000, seconds: 2 })).toBe(875_000);
  expect(remainingBitsPerSecond(budget, { bits: 1_500_000, seconds: 2 })).toBe(1_125_000);
  expect(remainingBitsPerSecond(budget, { bits: 2_000_000, seconds: 2 })).toBe(1_000_000);
});

test("a correction never raises the level and never starves the picture", () => {
  expect(remainingBitsPerSecond(budget, { bits: 0, seconds: 5 })).toBe(1_500_000);
  expect(remainingBitsPerSecond(budget, { bits: 60_000_000, seconds: 5 })).toBe(400_000);
});

test("with nothing made, or nothing left to correct with, the rate stays", () => {
  expect(remainingBitsPerSecond(budget, { bits: 0, seconds: 0 })).toBeNull();
  expect(remainingBitsPerSecond(budget, { bits: 9_000_000, seconds: 5.8 })).toBeNull();
});
