import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { ContributorState } from "../../web/contributor/contributor-api.ts";
import { HelpLimits } from "../../web/pages/contribute/help-limits.ts";
import { ManualClock } from "../holder/manual-clock.ts";

const WORKING: ContributorState = {
  ...{ phase: "working", job: null, possibleSlots: 2, reason: null, slots: 2, encoding: [] },
  ...{ connected: true, overHttp: false, tasksDone: 0, bytesDownloaded: 0, bytesUploaded: 0 },
  error: null,
};

function helper() {
  const state = signal<ContributorState | null>(WORKING);
  const clock = new ManualClock();
  const pauses: number[] = [];
  const set = (change: Partial<ContributorState>) => {
    state.value = { ...WORKING, ...state.peek(), ...change };
  };
  const pause = () => {
    pauses.push(clock.nowMs());
    set({ phase: "paused" });
  };
  return { limits: new HelpLimits(state, pause, clock), clock, pauses, set };
}

test("work is paused at the limit of data, and goes on where it is raised", () => {
  const { limits, pauses, set } = helper();
  set({ bytesDownloaded: 60_000_000, bytesUploaded: 30_000_000 });
  limits.mostBytes.value = 100_000_000;
  expect([pauses.length, limits.reached.value]).toEqual([0, null]);
  set({ bytesUploaded: 45_000_000 });
  expect([pauses.length, limits.reached.value]).toEqual([1, "data"]);
  // Pressing "Go on" does not lift the limit.
  set({ phase: "working" });
  expect(pauses).toHaveLength(2);
  limits.mostBytes.value = 500_000_000;
  expect(limits.reached.value).toBe(null);
  set({ phase: "working" });
  expect(pauses).toHaveLength(2);
});

test("time counts while it works, and not in a pause", async () => {
  const { limits, clock, pauses, set } = helper();
  limits.mostMinutes.value = 15;
  await clock.advance(10 * 60_000);
  set({ phase: "paused" });
  await clock.advance(60 * 60_000);
  set({ phase: "working" });
  await clock.advance(4 * 60_000);
  expect(pauses).toHaveLength(0);
  await clock.advance(61_000);
  expect([pauses.length, limits.reached.value]).toEqual([1, "time"]);
});
