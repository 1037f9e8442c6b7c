import { expect, test } from "vitest";
import { FileAhead, type OpeningHow } from "../../web/owner/file-ahead.ts";

/** A `FileAhead` with a log of the files that are opened and closed. */
function desk() {
  const log: string[] = [];
  const hows: OpeningHow[] = [];
  const ahead = new FileAhead<{ name: string; close(): void }>();
  const opening = (name: string, ready: Promise<unknown> = Promise.resolve()) =>
    ahead.aim(name, async (how) => {
      log.push(`open ${name}`);
      hows.push(how);
      await ready;
      return { name, close: () => log.push(`close ${name}`) };
    });
  return { log, hows, ahead, opening };
}

const how = (change: Partial<Parameters<FileAhead<never>["take"]>[1]> = {}) => ({
  signal: new AbortController().signal,
  onProgress: () => {},
  isFit: async () => true,
  ...change,
});

test("a file is opened once, and handed over once", async () => {
  const { log, ahead, opening } = desk();
  opening("a");
  opening("a");
  expect((await ahead.take("a", how()))?.name).toBe("a");
  expect(await ahead.take("a", how())).toBeNull();
  ahead.end();
  expect(log).toEqual(["open a"]);
});

test("another file takes its place: the one before is closed, also where it is still being opened", async () => {
  const { log, hows, ahead, opening } = desk();
  const slow = Promise.withResolvers<void>();
  opening("a", slow.promise);
  opening("b");
  expect(hows[0]?.signal.aborted).toBe(true);
  expect(await ahead.take("a", how())).toBeNull();
  slow.resolve();
  await expect.poll(() => log).toEqual(["open a", "open b", "close a"]);
  ahead.end();
  await expect.poll(() => log.at(-1)).toBe("close b");
});

test("who takes a file that is still being opened waits for it, hears of it, and may give up", async () => {
  const { log, hows, ahead, opening } = desk();
  const slow = Promise.withResolvers<void>();
  opening("a", slow.promise);
  const seen: number[] = [];
  const abort = new AbortController();
  const onProgress = (share: number) => seen.push(share);
  const taken = ahead.take("a", how({ signal: abort.signal, onProgress }));
  hows[0]?.onProgress(0.4);
  expect(seen).toEqual([0.4]);
  abort.abort(new Error("left"));
  expect(hows[0]?.signal.aborted).toBe(true);
  slow.resolve();
  await expect(taken).rejects.toThrow("left");
  expect(log).toEqual(["open a", "close a"]);
});

test("a file that was changed meanwhile is closed, and opened anew by the caller", async () => {
  const { log, ahead, opening } = desk();
  opening("a");
  expect(await ahead.take("a", how({ isFit: async () => false }))).toBeNull();
  expect(log).toEqual(["open a", "close a"]);
});

test("a file that cannot be opened ahead is opened when its turn comes", async () => {
  const ahead = new FileAhead();
  ahead.aim("a", () => Promise.reject(new Error("not now")));
  expect(await ahead.take("a", how())).toBeNull();
});
