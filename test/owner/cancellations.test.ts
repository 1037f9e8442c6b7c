import { beforeEach, expect, test, vi } from "vitest";
import type { Clock } from "../../shared/clock.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { JobState } from "../../shared/job/job.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { Cancellations } from "../../web/saved/cancellations.ts";

const JOB = "0123456789abcdefghjk";

/** The browser's storage, which outlives a visit. */
let storage: Map<string, string>;
beforeEach(() => {
  storage = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => void storage.set(key, value),
  });
});

/** A clock whose timers run when a test says so. */
function slowClock() {
  const waits: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    after: (_ms, callback) => {
      waits.push(callback);
      return () => {};
    },
    random: () => 1,
  };
  return { clock, pass: () => waits.splice(0).forEach((end) => void end()) };
}

/** An edge that answers the calls with these codes in order, and then accepts all. */
function edge(...codes: ("NETWORK" | "INTERNAL" | "FORBIDDEN" | "JOB_NOT_FOUND")[]) {
  const heard: string[] = [];
  const deleted: string[] = [];
  let state: JobState = "cancelled";
  const client = {
    cancelJob: async (jobId: string, token: string) => {
      const code = codes.shift();
      if (code !== undefined) throw new TributaryError(code, "No.");
      heard.push(`${jobId} ${token}`);
    },
    // The cancellation reads only the state.
    jobStatus: async () => ({ state }) as JobStatus,
    deleteVideo: async (jobId: string, token: string) => {
      deleted.push(`${jobId} ${token}`);
    },
  };
  const endedAs = (end: JobState) => {
    state = end;
  };
  return { client, heard, deleted, endedAs };
}

test("one that the site does not hear is kept, told of, and sent again until it does", async () => {
  const { clock, pass } = slowClock();
  const { client, heard } = edge("NETWORK", "INTERNAL");
  const cancellations = new Cancellations(client, clock);
  const done = cancellations.cancel(JOB, "token");
  await vi.waitFor(() => expect(cancellations.unheard.value).toEqual([JOB]));
  pass();
  await vi.waitFor(() => {
    pass();
    expect(heard).toEqual([`${JOB} token`]);
  });
  await done;
  expect(cancellations.unheard.value).toEqual([]);
  await new Cancellations(client, clock).resume();
  expect(heard).toHaveLength(1);
});

test("one that a closed tab left is sent on the next visit; the network's return hurries it", async () => {
  const offline = edge("NETWORK", "NETWORK", "NETWORK");
  const first = new Cancellations(offline.client, slowClock().clock);
  void first.cancel(JOB, "token");
  await vi.waitFor(() => expect(first.unheard.value).toEqual([JOB]));

  const { client, heard } = edge("NETWORK");
  const next = new Cancellations(client, slowClock().clock);
  const done = next.resume();
  await vi.waitFor(() => expect(next.unheard.value).toEqual([JOB]));
  next.hurry();
  await done;
  expect(heard).toEqual([`${JOB} token`]);
});

test.each(["ready", "failed"] as const)("a job that ended as %s before is deleted", async (end) => {
  const { client, heard, deleted, endedAs } = edge();
  endedAs(end);
  await new Cancellations(client, slowClock().clock).cancel(JOB, "token");
  expect({ heard, deleted }).toEqual({ heard: [`${JOB} token`], deleted: [`${JOB} token`] });
});

test("one that its coordinator has forgotten may be a video: it is deleted", async () => {
  const { client, deleted } = edge("NETWORK", "JOB_NOT_FOUND");
  const { clock, pass } = slowClock();
  const done = new Cancellations(client, clock).cancel(JOB, "token");
  await vi.waitFor(() => {
    pass();
    expect(deleted).toEqual([`${JOB} token`]);
  });
  await done;
});

test("where the job is gone or another's, nothing is left to send", async () => {
  for (const code of ["JOB_NOT_FOUND", "FORBIDDEN"] as const) {
    const { client, heard } = edge(code);
    const cancellations = new Cancellations(client, slowClock().clock);
    await cancellations.cancel(JOB, "token");
    expect(cancellations.unheard.value).toEqual([]);
    await cancellations.resume();
    expect(heard).toEqual([]);
  }
});
