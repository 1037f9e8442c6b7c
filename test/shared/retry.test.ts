import { expect, test } from "vitest";
import { callBackoffMs } from "../../shared/retry.ts";

test("the wait before a call is made again doubles up to its cap", () => {
  expect(callBackoffMs(1, 1)).toBe(250);
  expect(callBackoffMs(2, 1)).toBe(500);
  expect(callBackoffMs(100, 1)).toBe(10_000);
});
