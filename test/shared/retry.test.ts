import { expect, test, vi } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import { callBackoffMs, retry } from "../../shared/retry.ts";
import { ManualClock } from "../holder/manual-clock.ts";

const passing = new TributaryError("NETWORK", "Gone for now.");
const final = new TributaryError("FORBIDDEN", "Never.");

test("the wait before a call is made again doubles up to its cap", () => {
  expect(callBackoffMs(1, 1)).toBe(250);
  expect(callBackoffMs(2, 1)).toBe(500);
  expect(callBackoffMs(100, 1)).toBe(10_000);
});

test("a call that fails is made again after longer and longer waits, until it works", async () => {
  const clock = new ManualClock();
  const atMs: number[] = [];
  const call = async () => {
    atMs.push(clock.nowMs());
    if (atMs.length < 4) throw passing;
    return "done";
  };
  const result = retry(call, { clock, tries: 5 });
  await clock.advance(10_000);
  expect(await result).toBe("done");
  // The manual clock's `random` is always 0.5.
  expect(atMs).toEqual([0, 125, 375, 875]);
});

test.each([
  ["that cannot pass", final, undefined, 1],
  ["of which the caller says so", passing, false, 1],
  ["of the last try", passing, undefined, 3],
  ["of the last try, which says that it cannot pass", final, true, 3],
] as const)("an error %s is thrown on", async (_, error, says, tries) => {
  const clock = new ManualClock();
  const call = vi.fn((): Promise<never> => Promise.reject(error));
  const result = retry(call, {
    clock,
    tries: 3,
    ...(says === undefined ? {} : { isRetryable: () => says }),
  });
  const caught = result.catch((thrown: unknown) => thrown);
  await clock.advance(60_000);
  expect(await caught).toBe(error);
  expect(call).toHaveBeenCalledTimes(tries);
});

test("an abort ends a wait at once, and no further call is made", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const gone = new Error("gone");
  const call = vi.fn((): Promise<never> => Promise.reject(passing));
  const caught = retry(call, { clock, signal: abort.signal, tries: 3 }).catch(
    (thrown: unknown) => thrown,
  );
  await clock.advance(1);
  abort.abort(gone);
  expect(await caught).toBe(gone);
  expect(call).toHaveBeenCalledTimes(1);
  expect(clock.pending).toBe(0);
  await expect(retry(call, { clock, signal: abort.signal, tries: 3 })).rejects.toBe(gone);
  expect(call).toHaveBeenCalledTimes(1);
});
