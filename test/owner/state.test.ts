import fc from "fast-check";
import { expect, test } from "vitest";
import type { WireError } from "../../shared/job/errors.ts";
import type { OwnerState } from "../../web/owner/owner-api.ts";
import { IDLE, type OwnerEvent, reduce } from "../../web/owner/state.ts";
import { shownState } from "../../web/pages/upload/shown-state.ts";
import { INSPECTION, job, STATES, type StateName } from "../web/stories/states.ts";

const ERROR: WireError = { code: "NETWORK", message: "There was no answer.", retryable: true };
const ADDRESS = {
  jobId: "j",
  watchUrl: "https://t.example/watch/j",
  masterUrl: "https://t.example/v/j",
  visibility: "unlisted" as const,
};
const PART = { part: "alone", reason: "enough", measuredSpeed: null } as const;
const WORK = { ...STATES.running.work, job: job(["done", "ready"]) };

const EVENTS = {
  picked: { type: "picked", fileName: "a.mp4" },
  reading: { type: "reading", progress: 0.5 },
  inspected: { type: "inspected", inspection: INSPECTION, part: PART },
  planned: { type: "planned", inspection: { ...INSPECTION, taskCount: 7 } },
  "part-decided": { type: "part-decided", part: { ...PART, measuredSpeed: 2 } },
  refused: { type: "refused", error: ERROR },
  starting: { type: "starting" },
  created: { type: "created", address: ADDRESS },
  resumed: { type: "resumed", fileName: "a.mp4", address: ADDRESS },
  comparing: { type: "comparing" },
  "went-on": { type: "went-on", inspection: INSPECTION, part: PART },
  "file-away": { type: "file-away", error: ERROR },
  worked: { type: "worked", work: WORK },
  captions: {
    type: "captions",
    captions: { state: "reading", saved: 1, total: 2, notices: [] },
  },
  pictures: {
    type: "pictures",
    pictures: { state: "making", poster: null, hasStoryboard: false, notices: [] },
  },
  ready: { type: "ready" },
  failed: { type: "failed", error: ERROR },
  cancelled: { type: "cancelled" },
  reset: { type: "reset" },
} as const satisfies { [Type in OwnerEvent["type"]]: Extract<OwnerEvent, { type: Type }> };

type EventType = keyof typeof EVENTS;

const TYPES = Object.keys(EVENTS) as EventType[];

const after = (...types: EventType[]): OwnerState =>
  types.reduce((state: OwnerState, type) => reduce(state, EVENTS[type]), IDLE);

/** The next phase for each event. An event that is not named changes nothing. */
const LEADS: Record<OwnerState["phase"], Partial<Record<EventType, OwnerState["phase"]>>> = {
  idle: {},
  inspecting: { reading: "inspecting", inspected: "inspected" },
  inspected: {
    planned: "inspected",
    "part-decided": "inspected",
    refused: "inspected",
    starting: "starting",
  },
  starting: { "part-decided": "starting", refused: "inspected", created: "running" },
  running: {
    "part-decided": "running",
    worked: "running",
    captions: "running",
    pictures: "running",
    "file-away": "needs-file",
    ready: "ready",
  },
  "needs-file": {
    comparing: "needs-file",
    reading: "needs-file",
    refused: "needs-file",
    worked: "needs-file",
    captions: "needs-file",
    pictures: "needs-file",
    "went-on": "running",
    ready: "ready",
  },
  ready: { captions: "ready", pictures: "ready" },
  failed: {},
  cancelled: {},
};
/** Events that are possible in every phase. */
const ALWAYS = { picked: "inspecting", resumed: "needs-file", reset: "idle" } as const;
/** Events that are possible in every phase that is neither idle nor an end. */
const ENDS = { failed: "failed", cancelled: "cancelled" } as const;

test.each(Object.keys(STATES) as StateName[])(
  "%s: each event leads where it should, and no other changes anything",
  (name) => {
    const state: OwnerState = STATES[name];
    const goesOn = !["idle", "ready", "failed", "cancelled"].includes(state.phase);
    const leads = { ...ALWAYS, ...(goesOn ? ENDS : {}), ...LEADS[state.phase] };
    for (const type of TYPES) {
      const next = reduce(state, EVENTS[type]);
      const to = leads[type];
      if (to === undefined) expect(next, type).toBe(state);
      else expect(next.phase, type).toBe(to);
    }
  },
);

test("from a file to a video: each phase knows what it needs", () => {
  const starting = after("picked", "reading", "inspected", "planned", "starting");
  expect(starting).toEqual({
    phase: "starting",
    fileName: "a.mp4",
    inspection: EVENTS.planned.inspection,
    part: PART,
  });
  const running = reduce(reduce(starting, EVENTS.created), EVENTS.worked);
  expect(running).toMatchObject({ phase: "running", address: ADDRESS, work: WORK });
  const { job: made, share, busyShare, bytesUploaded, speed } = WORK;
  expect(reduce(running, EVENTS.ready)).toEqual({
    phase: "ready",
    fileName: "a.mp4",
    inspection: EVENTS.planned.inspection,
    part: PART,
    address: ADDRESS,
    done: { job: made, share, busyShare, bytesUploaded, speed },
  });
});

test("captions are told beside the work, and after its end", () => {
  const { captions } = EVENTS.captions;
  const running = after("picked", "inspected", "starting", "created", "captions", "worked");
  expect(running).toMatchObject({ phase: "running", work: { ...WORK, captions } });
  const ready = reduce(running, EVENTS.ready);
  expect(ready).toMatchObject({ phase: "ready", done: { captions } });
  const saved = { ...captions, state: "done", saved: 2 } as const;
  const later = reduce(ready, { type: "captions", captions: saved });
  expect(later).toMatchObject({ phase: "ready", done: { job: WORK.job, captions: saved } });
});

test("a refused start is told where it can be tried again; the next plan clears it", () => {
  const refused = after("picked", "inspected", "starting", "refused");
  expect(refused).toMatchObject({ phase: "inspected", error: ERROR });
  expect(reduce(refused, EVENTS.planned)).toMatchObject({ phase: "inspected", error: null });
  expect("error" in reduce(refused, EVENTS.starting)).toBe(false);
});

test("another file than before is refused, and the same one goes on with what is known", () => {
  const refused = after("resumed", "worked", "comparing", "reading", "refused");
  expect(refused).toMatchObject({ phase: "needs-file", comparing: null, error: ERROR });
  expect(reduce(refused, EVENTS.comparing)).toMatchObject({ comparing: 0, error: null });
  expect(reduce(refused, EVENTS["went-on"])).toMatchObject({ address: ADDRESS, work: WORK });
});

test("a job that others finish ends here too, without its file", () => {
  expect(after("resumed", "worked", "ready")).toMatchObject({
    phase: "ready",
    inspection: null,
    done: { job: WORK.job },
  });
});

test("after an end nothing but a new beginning is heard", () => {
  const beginnings: readonly EventType[] = ["picked", "resumed", "reset", "captions", "pictures"];
  const later = fc.array(fc.constantFrom(...TYPES.filter((type) => !beginnings.includes(type))));
  const before = fc.array(fc.constantFrom(...TYPES));
  fc.assert(
    fc.property(before, later, (first, rest) => {
      const state = after(...first);
      if (!["ready", "failed", "cancelled"].includes(state.phase)) return;
      expect(rest.reduce((each, type) => reduce(each, EVENTS[type]), state)).toBe(state);
    }),
    { numRuns: 500 },
  );
});

test("drivers get the same fields in every phase", () => {
  const fields = Object.keys(shownState(IDLE, null));
  for (const state of Object.values(STATES)) {
    expect(Object.keys(shownState(state, null))).toEqual(fields);
  }
  expect(shownState(STATES.running, null)).toEqual({
    phase: "running",
    fileName: "harbour-walk-2026.mp4",
    inspectProgress: null,
    inspection: INSPECTION,
    ...STATES.running.work,
    ...STATES.running.address,
    error: null,
    warnings: [],
    part: STATES.running.part,
    captions: null,
    pictures: null,
  });
  expect(shownState(STATES.inspecting, null).inspectProgress).toBe(0.42);
  expect(shownState(STATES.inspected, ERROR).error).toEqual(ERROR);
  expect(shownState(STATES.failed, ERROR).error?.code).toBe("TASK_FAILED");
  const { warnings, connected, slots } = shownState(STATES.ready, null);
  expect({ connected, slots }).toEqual({ connected: false, slots: [] });
  expect(warnings).toHaveLength(1);
});
