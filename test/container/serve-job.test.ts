import { openAsBlob } from "node:fs";
import { expect, test } from "vitest";
import { Permits } from "../../edge/container/permits.ts";
import { type ServedJob, serveJob } from "../../edge/container/serve-job.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import type { LeaseHolderOptions } from "../../shared/holder/lease-holder.ts";
import { openSource } from "../../shared/ingest/read/source.ts";
import { taskBackoffMs } from "../../shared/retry.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { grantOf, welcome } from "../holder/holder-by-hand.ts";
import { LocalSocket } from "../holder/local-socket.ts";
import { ManualClock, settled } from "../holder/manual-clock.ts";
import { planOf } from "../schedule/plan-of.ts";
import { fixture } from "../setup/media.ts";
import { children, oneChild } from "./own-ffmpeg.ts";

// When a container leaves a job. The test acts as the coordinator and moves the clock.

const REQUEST = {
  jobId: "job",
  holderId: "server-1",
  token: "token",
  socketUrl: "ws://coordinator.test/",
  ticketUrl: "http://coordinator.test/ticket",
  forMs: 600_000,
};

type ServedSource = NonNullable<LeaseHolderOptions["source"]>;

interface ServeOptions {
  isThere?: boolean;
  source?: ServedSource | null;
}

// Cutting a chunk never ends, so a lease is held until it is aborted.
const endless: ServedSource = {
  plan: planOf(1),
  cutChunk: (_task, aborted) =>
    new Promise((_, reject) => {
      aborted.addEventListener("abort", () => reject(aborted.reason));
    }),
};

/** Serves a job with a coordinator that sends nothing by itself. Without `isThere` it cannot be reached. */
async function serve({ isThere = true, source = endless }: ServeOptions = {}) {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const sockets: LocalSocket[] = [];
  const sent: HolderMessage[] = [];
  const ends: (ServedJob | unknown)[] = [];
  let welcomes = 0;
  const coordinator = { isThere };
  const connect = () => {
    const socket: LocalSocket = new LocalSocket({
      onMessage: (message) => sent.push(message),
      onPing: () => queueMicrotask(() => socket.pong()),
    });
    sockets.push(socket);
    queueMicrotask(() => (coordinator.isThere ? socket.open() : socket.break()));
    return socket;
  };
  const onWelcome = () => {
    welcomes += 1;
  };
  const { signal } = stopping;
  const ticket = async () => "";
  const permits = new Permits(1);
  serveJob(REQUEST, { permits, source, signal, onWelcome, clock, ticket, connect }).then(
    (served) => ends.push(served),
    (thrown: unknown) => ends.push(thrown),
  );
  await settled();
  const receive: LocalSocket["deliver"] = (message) => sockets.at(-1)?.deliver(message);
  const cut = () => {
    coordinator.isThere = false;
    sockets.at(-1)?.break();
  };
  return {
    clock,
    stopping,
    sockets,
    sent,
    ends,
    coordinator,
    receive,
    cut,
    welcomes: () => welcomes,
  };
}

type Served = Awaited<ReturnType<typeof serve>>;

/** The job was left: no timer is pending, and no socket is open. */
async function expectGone({ clock, ends, sockets }: Served, end: unknown): Promise<void> {
  // A slot that was reserved for a chunk becomes free within a second.
  await clock.advance(1_000);
  expect(ends).toEqual([end]);
  expect(clock.pending).toBe(0);
  expect(sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED)).toEqual([]);
}

test("leaves when the coordinator cannot be reached", async () => {
  const served = await serve({ isThere: false });
  await served.clock.advance(11_000);
  expect(served.ends).toEqual([]);
  await served.clock.advance(1_000);
  await expectGone(served, expect.objectContaining({ code: "NETWORK" }));
  expect(served.welcomes()).toBe(0);
});

test("leaves when the coordinator says nothing to its hello", async () => {
  const served = await serve();
  await served.clock.advance(12_000);
  await expectGone(served, expect.objectContaining({ code: "NETWORK" }));
});

test("leaves when a lost connection does not come back, also with a lease in its hand", async () => {
  const served = await serve();
  served.receive(welcome([]));
  served.receive({ type: "grant", grants: [grantOf(0)] });
  served.cut();
  await served.clock.advance(59_000);
  expect(served.ends).toEqual([]);
  await served.clock.advance(1_000);
  await expectGone(served, expect.objectContaining({ code: "NETWORK" }));
});

test("stays when a lost connection comes back", async () => {
  const served = await serve();
  served.receive(welcome([]));
  served.receive({ type: "grant", grants: [grantOf(0)] });
  served.cut();
  await served.clock.advance(30_000);
  served.coordinator.isThere = true;
  await served.clock.advance(10_000);
  served.receive(welcome(["lease-0"]));
  await served.clock.advance(60_000);
  expect(served.ends).toEqual([]);
  expect(served.welcomes()).toBe(1);
});

test("leaves when there is nothing to do", async () => {
  const served = await serve({ source: null });
  served.receive(welcome([]));
  await served.clock.advance(14_000);
  // Progress of other holders does not count as work of this one.
  served.receive({ type: "job", job: { progress: 0.5 } });
  await served.clock.advance(1_000);
  await expectGone(served, { end: "idle", tasksDone: 0, tasksFailed: 0 });
});

test("with the source it stays for a task that waits after a failure, and leaves then", async () => {
  const served = await serve();
  served.receive(welcome([]));
  await served.clock.advance(taskBackoffMs(2) + 10_000);
  served.receive({ type: "grant", grants: [grantOf(0)] });
  await served.clock.advance(120_000);
  expect(served.ends).toEqual([]);
  served.receive({ type: "revoke", leaseId: "lease-0", code: "LEASE_LOST" });
  await served.clock.advance(74_000);
  expect(served.ends).toEqual([]);
  await served.clock.advance(1_000);
  await expectGone(served, { end: "idle", tasksDone: 0, tasksFailed: 0 });
});

test("takes nothing new when its time is up, and leaves with its last lease", async () => {
  const served = await serve();
  served.receive(welcome([]));
  served.receive({ type: "grant", grants: [grantOf(0)] });
  await served.clock.advance(REQUEST.forMs);
  expect(served.sent).toContainEqual({ type: "want", slots: 0 });
  expect(served.ends).toEqual([]);
  served.receive({ type: "revoke", leaseId: "lease-0", code: "LEASE_LOST" });
  await expectGone(served, { end: "time", tasksDone: 0, tasksFailed: 0 });
});

test.each(["assembling", "ready", "failed", "cancelled"] as const)(
  "leaves a job that is %s",
  async (state) => {
    const served = await serve();
    served.receive(welcome([]));
    served.receive({ type: "job", job: { state } });
    await expectGone(served, { end: "ended", tasksDone: 0, tasksFailed: 0 });
  },
);

test("leaves when it is refused, or told to stop", async () => {
  const refused = await serve();
  refused.receive({ type: "error", code: "PROTOCOL_OUTDATED", message: "Too old." });
  await expectGone(refused, expect.objectContaining({ code: "PROTOCOL_OUTDATED" }));
  const stopped = await serve();
  stopped.receive(welcome([]));
  stopped.receive({ type: "grant", grants: [grantOf(0)] });
  const reason = new Error("The container stops.");
  stopped.stopping.abort(reason);
  await expectGone(stopped, reason);
});

test("reports a task whose ffmpeg hangs, and works on the next", async () => {
  const path = await fixture("plain-8s.mp4");
  const opened = await openSource(new File([await openAsBlob(path)], "plain.mp4"), {
    signal: new AbortController().signal,
  });
  const plan = opened.planJob();
  const source: ServedSource = { plan, cutChunk: (...task) => opened.cutChunk(...task) };
  const [task] = plan.tasks.filter(({ kind }) => kind === "video");
  if (task === undefined) throw new Error("no video task");
  const served = await serve({ source });
  served.receive(welcome([]));
  for (const attempt of [1, 2]) {
    const lease = { id: `lease-${attempt}`, attempt };
    served.receive({ type: "grant", grants: [leaseGrant(plan, task, lease, { from: "local" })] });
    const pid = await oneChild();
    process.kill(pid, "SIGSTOP");
    await served.clock.advance(32_000);
    // The failure is reported after the task's folder is removed.
    while (!served.sent.some(({ type }) => type === "fail")) await settled();
    expect(children()).toEqual([]);
    const told = { type: "fail", leaseId: lease.id, code: "WORKER_STALLED", retryable: true };
    expect(served.sent.splice(0)).toContainEqual(expect.objectContaining(told));
  }
  expect(served.ends).toEqual([]);
  opened.close();
  served.stopping.abort(new Error("The container stops."));
});
