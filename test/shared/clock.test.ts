import { expect, test } from "vitest";
import { pause, Timer, within } from "../../shared/clock.ts";
import { ManualClock } from "../holder/manual-clock.ts";

const late = new Error("late");

/** Work that ends only when its signal is aborted. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

test("a timer that is set again rings once, at its new time", async () => {
  const clock = new ManualClock();
  const timer = new Timer(clock);
  const rang: number[] = [];
  const ring = () => rang.push(clock.nowMs());
  timer.set(10, ring);
  await clock.advance(5);
  timer.set(10, ring);
  expect(timer.isSet).toBe(true);
  await clock.advance(100);
  expect(rang).toEqual([15]);
  expect(timer.isSet).toBe(false);
  timer.set(10, ring);
  timer.clear();
  await clock.advance(100);
  expect(rang).toEqual([15]);
});

test("a pause ends by its time or by an abort, also by one before it", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const ends: number[] = [];
  const wait = () => pause(clock, 100, abort.signal).then(() => ends.push(clock.nowMs()));
  void wait();
  await clock.advance(150);
  expect(ends).toEqual([100]);
  void wait();
  await clock.advance(50);
  abort.abort();
  await clock.advance(0);
  expect(ends).toEqual([100, 200]);
  await wait();
  expect(clock.pending).toBe(0);
});

test("work is aborted at its time limit, which it may extend", async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const limit = { clock, signal, ms: 100, error: () => late };
  const ends: unknown[] = [];
  const end = (thrown: unknown) => ends.push(clock.nowMs(), thrown);
  within(limit, untilAborted).catch(end);
  await clock.advance(200);
  expect(ends).toEqual([100, late]);
  within(limit, (either, extend) => {
    clock.after(80, extend);
    return untilAborted(either);
  }).catch(end);
  await clock.advance(400);
  expect(ends.slice(2)).toEqual([200 + 180, late]);
});

test("work within its time leaves no timer behind, and is aborted by its caller, too", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const limit = { clock, signal: abort.signal, ms: 100, error: () => late };
  expect(await within(limit, async () => "done")).toBe("done");
  expect(clock.pending).toBe(0);
  const gone = new Error("gone");
  const caught = within(limit, untilAborted).catch((thrown: unknown) => thrown);
  abort.abort(gone);
  expect(await caught).toBe(gone);
  expect(clock.pending).toBe(0);
});
