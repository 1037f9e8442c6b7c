import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { OwnerState } from "../../web/owner/owner-api.ts";
import { UploadQueue } from "../../web/pages/upload/upload-queue.ts";
import type { NextFile } from "../../web/pages/upload/upload-session.ts";
import { STATES } from "../web/stories/states.ts";

/** Which file is read ahead. The session here completes each call at once. */

const REQUEST = { visibility: "unlisted", details: {}, captions: [] } as const;

async function openQueue() {
  const state = signal<OwnerState>(STATES.idle);
  const prepared: (string | null)[] = [];
  const taken: [string, string | undefined][] = [];
  const show = (name: "idle" | "inspected" | "running" | "ready" | "cancelled" | "unreadable") => {
    state.value = STATES[name];
  };
  const session: ConstructorParameters<typeof UploadQueue>[0] = {
    state,
    actions: { isMoving: signal(false) },
    open: async () => {},
    prepare: (next: NextFile | null) => prepared.push(next?.file.name ?? null),
    take: async ({ file }, _typed, key) => {
      taken.push([file.name, key]);
      show("inspected");
    },
    making: { setLadder: async () => true },
    start: async () => show("running"),
    cancel: async () => show("cancelled"),
    again: async () => {},
    discard: async () => show("idle"),
  };
  const queue = new UploadQueue(session, { open: async () => [], put: async () => {} });
  await queue.open();
  const idOf = (name: string) => queue.entries.value.find((each) => each.name === name)?.id ?? "";
  const drop = (...names: string[]) =>
    queue.take(names.map((name) => ({ file: new File(["?"], name), handle: null })));
  return { queue, prepared, taken, show, idOf, drop };
}

test("the next file is prepared while one is at work, and taken by the same key", async () => {
  const { queue, prepared, taken, show, idOf, drop } = await openQueue();
  drop("a", "b", "c");
  await expect.poll(() => taken.map(([name]) => name)).toEqual(["a"]);
  // While the current file may still be put aside, no other one is read ahead.
  expect(prepared).toEqual([]);
  await queue.share({ ...REQUEST, captions: [] }, true);
  expect(prepared).toEqual(["b"]);
  const b = idOf("b");
  show("ready");
  await expect.poll(() => taken.at(-1)).toEqual(["b", b]);
  // Then the next file. The one that is starting was not closed.
  await expect.poll(() => prepared).toEqual(["b", "c"]);
  show("ready");
  await expect.poll(() => prepared).toEqual(["b", "c", null]);
});

test("a lone file that cannot be used gives way to the next one, and stands among several", async () => {
  const { queue, show, drop } = await openQueue();
  const names = () => queue.entries.value.map(({ name }) => name);
  drop("notes.txt");
  show("unreadable");
  await expect.poll(() => queue.entries.value[0]?.state).toBe("failed");
  drop("a");
  expect(names()).toEqual(["a"]);
  drop("b", "c");
  show("unreadable");
  await expect.poll(() => queue.entries.value[0]?.state).toBe("failed");
  drop("d");
  expect(names()).toEqual(["a", "b", "c", "d"]);
});

test("what is prepared follows the list: moved, removed, given up", async () => {
  const { queue, prepared, show, idOf, drop } = await openQueue();
  drop("a", "b", "c");
  await queue.share({ ...REQUEST, captions: [] }, true);
  queue.move(idOf("c"), -1);
  expect(prepared).toEqual(["b", "c"]);
  await queue.remove(idOf("c"));
  expect(prepared).toEqual(["b", "c", "b"]);
  await queue.remove(idOf("b"));
  expect(prepared).toEqual(["b", "c", "b", null]);
  // A file that was only dropped does not start by itself.
  drop("d");
  expect(prepared).toHaveLength(4);
  queue.shareWaiting("unlisted");
  expect(prepared.at(-1)).toBe("d");
  show("ready");
});
