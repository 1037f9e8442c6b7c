import { expect, test } from "vitest";
import type { Clock } from "../../shared/clock.ts";
import { type HttpFetch, StorageTransfer } from "../../shared/holder/storage-transfer.ts";
import { ManualClock } from "./manual-clock.ts";

type Answer = number | Error | ArrayBuffer;

const URL = "https://storage.test/chunk";
const BYTES = new ArrayBuffer(3);

/** Storage that gives these answers in order, and then the bytes. */
function storage(...answers: Answer[]) {
  const waitsMs: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    random: () => 1,
    after: (ms, callback) => {
      // Ignores the timeouts of transfers, which are longer.
      if (ms < 30_000) {
        waitsMs.push(ms);
        queueMicrotask(callback);
      }
      return () => {};
    },
  };
  let asked = 0;
  const fetch: HttpFetch = async () => {
    const answer = answers[asked] ?? BYTES;
    asked += 1;
    if (answer instanceof Error) throw answer;
    const status = typeof answer === "number" ? answer : 200;
    const bytes = typeof answer === "number" ? new ArrayBuffer(0) : answer;
    return { status, arrayBuffer: async () => bytes };
  };
  const get = (signal = new AbortController().signal) =>
    new StorageTransfer({ fetch, clock }).get(URL, 3, signal);
  return { get, waitsMs, asked: () => asked };
}

test("storage that was not itself for a moment is asked again, after longer and longer waits", async () => {
  const { get, waitsMs } = storage(500, new TypeError("fetch failed"), 503);
  expect(await get()).toBe(BYTES);
  expect(waitsMs).toEqual([250, 500, 1000]);
});

test("it is not asked for ever", async () => {
  const down = storage(500, 500, 500, 500, 500, 500);
  await expect(down.get()).rejects.toMatchObject({ code: "DOWNLOAD_FAILED", retryable: true });
  expect(down.asked()).toBe(5);
  const away = storage(...Array.from({ length: 6 }, () => new TypeError("fetch failed")));
  await expect(away.get()).rejects.toMatchObject({ code: "NETWORK", retryable: true });
});

test.each([
  ["refuses", 403],
  ["has nothing there", 404],
  ["has something else there", new ArrayBuffer(4)],
] as const)("storage that %s is not asked again", async (_, answer) => {
  const { get, asked } = storage(answer);
  await expect(get()).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  expect(asked()).toBe(1);
});

test("who no longer wants it does not wait for it", async () => {
  const { get, asked } = storage(500);
  const gone = new Error("gone");
  const abort = new AbortController();
  const getting = get(abort.signal);
  abort.abort(gone);
  await expect(getting).rejects.toBe(gone);
  expect(asked()).toBe(1);
});

test("storage that never answers is not waited for without end", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const fetch: HttpFetch = (_url, { signal }) => {
    asked += 1;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  const storage = new StorageTransfer({ fetch, clock });
  const { signal } = new AbortController();
  const ends: unknown[] = [];
  const put = storage.put({ url: URL, headers: {} }, BYTES, signal);
  put.catch((thrown: unknown) => ends.push(thrown));
  await clock.advance(29_000);
  expect(ends).toEqual([]);
  await clock.advance(2_000);
  expect(ends).toMatchObject([{ code: "NETWORK" }]);
  expect(asked).toBe(1);

  const get = storage.get(URL, 3, signal);
  get.catch((thrown: unknown) => ends.push(thrown));
  await clock.advance(5 * 40_000);
  expect(ends[1]).toMatchObject({ code: "NETWORK", retryable: true });
  expect(asked).toBe(1 + 5);
});
