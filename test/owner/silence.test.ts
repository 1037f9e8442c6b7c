import "../setup/load-words.ts";
import { expect, test } from "vitest";
import type { RunningState, SlotState, Work } from "../../web/owner/owner-api.ts";
import { announcement } from "../../web/pages/upload/announcement.ts";
import { isStorageSilent, timeLeft } from "../../web/pages/upload/time-left.ts";
import { entrySentence } from "../../web/pages/upload/tray-sentence.ts";
import type { TrayEntry } from "../../web/saved/tray-entry.ts";
import { STATES } from "../web/stories/states.ts";

// A video without audio is said to be silent: beside the figures, in the list of videos, and to screen readers.

function running(work: Partial<Work>): RunningState {
  return { ...STATES.running, work: { ...STATES.running.work, ...work } };
}

const NO_CONNECTION = { job: null, connected: false } as const;

function inTheList(state: RunningState): string {
  const entry: TrayEntry = {
    ...{ id: "1", name: "a.mp4", sizeBytes: 1, handle: null, ladder: null, request: null },
    ...{ state: "working", jobId: "j", watchUrl: null, error: null },
  };
  return entrySentence(entry, state, { hasFile: true, isNext: false });
}

test("a job to which no connection comes through does not start for ever", () => {
  const first = running({ ...NO_CONNECTION, disconnectedSeconds: 3 });
  expect(announcement(first)).toBe("Starting.");
  expect(timeLeft(first.work)).toBe("Starting…");
  expect(inTheList(first)).toBe("Starting");
  const later = running({ ...NO_CONNECTION, disconnectedSeconds: 10 });
  expect(announcement(later)).toMatch(/does not come through/);
  expect(timeLeft(later.work)).toBe("waiting for the connection");
  expect(inTheList(later)).toMatch(/waiting for the connection/);
});

test("storage that takes nothing is named, as soon as nothing moves", () => {
  const { job } = STATES.running.work;
  const slot: SlotState = { state: "uploading", taskId: "v-20", progress: 1, engine: null };
  const uploading = { slots: [slot] };
  expect(isStorageSilent(running({ ...uploading, stalledSeconds: null }).work)).toBe(false);
  const hung = running({ ...uploading, stalledSeconds: 20 });
  expect(isStorageSilent(hung.work)).toBe(true);
  expect(timeLeft(hung.work)).toBe("nothing has moved for 20 s");
  expect(announcement(hung)).toMatch(/^Storage takes no new parts/);

  const [first, ...others] = job.tasks;
  if (first === undefined) throw new Error("A task is needed.");
  const refused = { ...first, state: "backoff", lastError: "UPLOAD_REFUSED" } as const;
  const withRefused = { job: { ...job, tasks: [refused, ...others] }, slots: [] };
  expect(isStorageSilent(running({ ...withRefused, stalledSeconds: 20 }).work)).toBe(true);
  expect(isStorageSilent(running({ ...withRefused, stalledSeconds: 20, paused: true }).work)).toBe(
    false,
  );
});

test("work that does not move is announced, but for a pause", () => {
  const idle = { slots: [], stalledSeconds: 60 };
  expect(announcement(running(idle))).toBe("Nothing has moved for a while.");
  expect(announcement(running({ ...idle, paused: true }))).toMatch(/^Making the/);
});
