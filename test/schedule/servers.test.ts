import { describe, expect, test } from "vitest";
import { earliestDeadlineMs } from "../../edge/coordinator/schedule/deadlines.ts";
import { type Event, schedule } from "../../edge/coordinator/schedule/schedule.ts";
import {
  CALL_AGAIN_MS,
  STRAGGLER_MS,
  UNATTENDED_MS,
} from "../../edge/coordinator/schedule/servers.ts";
import { applyChanges } from "../../edge/coordinator/schedule/state/apply.ts";
import type { Effect } from "../../edge/coordinator/schedule/state/effect.ts";
import { newState } from "../../edge/coordinator/schedule/state/state.ts";
import { DEFAULT_JOB_SETTINGS, type JobSettings } from "../../shared/job/job.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { HEARTBEAT_SILENCE_MS, type Role } from "../../shared/wire/protocol.ts";
import { planOf } from "./plan-of.ts";

/** A job's scheduler, with a clock that the test moves. */
class Job {
  nowMs = 1_000_000;
  readonly effects: Effect[] = [];
  readonly state;

  constructor(servers: JobSettings["servers"], stageAll = false) {
    const settings: JobSettings = { ...DEFAULT_JOB_SETTINGS, stageAll, servers };
    this.state = newState("job", planOf(3), this.nowMs, { settings, hasServers: true });
  }

  send(event: Event): Effect[] {
    const decision = schedule(this.state, event, this.nowMs, () => 0);
    applyChanges(this.state, decision);
    this.effects.push(...decision.effects);
    return decision.effects;
  }

  hello(holderId: string, role: Role, slots: number): void {
    const hello = {
      type: "hello" as const,
      role,
      holderId,
      name: holderId,
      device: "test",
      slots,
      engines: [],
      leases: [],
      hasSource: role === "owner",
    };
    this.send({
      type: "hello",
      connectionId: `c-${holderId}`,
      principal: holderId,
      network: null,
      hello,
    });
  }

  say(holderId: string, message: HolderMessage): Effect[] {
    return this.send({ type: "message", connectionId: `c-${holderId}`, holderId, message });
  }

  stage(taskId: string): void {
    const place = { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
    const md5 = "A".repeat(22) + "==";
    this.say("owner", { type: "stage-offer", chunk: place, sha256: "0".repeat(64), md5 });
    this.say("owner", { type: "staged", taskId });
  }

  /** Moves the clock on, and runs the alarms that come due. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const dueMs = earliestDeadlineMs(this.state) ?? endMs;
      if (dueMs >= endMs) break;
      this.nowMs = Math.max(this.nowMs + 1, dueMs);
      this.send({ type: "tick" });
    }
    this.nowMs = endMs;
    this.send({ type: "tick" });
  }

  called(): string[] {
    return this.effects.flatMap((each) => (each.type === "call-server" ? [each.holderId] : []));
  }

  get taskIds(): string[] {
    return [...this.state.tasks.keys()];
  }
}

describe("calls for servers", () => {
  test("always: as soon as a chunk is there, and anew when nobody came (a message was lost)", () => {
    const job = new Job("always");
    job.hello("owner", "owner", 0);
    expect(job.called()).toEqual([]);
    job.stage(job.taskIds[0] ?? "");
    expect(job.called()).toEqual(["server-1"]);
    job.pass(CALL_AGAIN_MS - 1_000);
    expect(job.called()).toEqual(["server-1"]);
    job.pass(2_000);
    expect(job.called()).toEqual(["server-1", "server-2"]);
  });

  test("a server that leaves with work undone is followed by another, at no attempt", () => {
    const job = new Job("always");
    job.hello("owner", "owner", 0);
    for (const id of job.taskIds) job.stage(id);
    job.hello("server-1", "server", 2);
    job.say("server-1", { type: "want", slots: 2 });
    expect([...job.state.tasks.values()].map(({ state }) => state)).toContain("leased");
    job.send({ type: "closed", connectionId: "c-server-1" });
    expect(job.called()).toEqual(["server-1", "server-2"]);
    expect([...job.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);
  });

  test("a server that froze with its socket open is followed by another, and may come back", () => {
    const job = new Job("always");
    job.hello("owner", "owner", 0);
    for (const id of job.taskIds) job.stage(id);
    job.hello("server-1", "server", 2);
    job.say("server-1", { type: "want", slots: 2 });
    const [frozen] = [...job.state.leases.keys()];
    job.pass(HEARTBEAT_SILENCE_MS + 1_000);
    expect(job.called()).toEqual(["server-1", "server-2"]);
    job.hello("server-2", "server", 1);
    job.say("server-2", { type: "want", slots: 1 });
    const leases = [...job.state.leases.values()];
    expect(
      leases.filter(({ phase }) => phase === "working").map(({ holderId }) => holderId),
    ).toEqual(["server-2"]);
    // The frozen server runs again. Its task, which another one has now, is revoked, and no further server is
    // called.
    const told = job.say("server-1", {
      type: "renew",
      leases: [{ leaseId: frozen ?? "", progress: 0.9 }],
    });
    expect(told).toMatchObject([{ type: "send", message: { type: "revoke", leaseId: frozen } }]);
    job.pass(1_000);
    expect(job.called()).toEqual(["server-1", "server-2"]);
    expect([...job.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);
  });

  test("a pool lends them: a chunk is asked for and they come beside others, but not where the owner wants none", () => {
    for (const servers of ["when-needed", "never"] as const) {
      const job = new Job(servers);
      job.hello("owner", "owner", 1);
      const told = job.send({ type: "pool-servers", servers: 1 });
      expect(told).toContainEqual(
        expect.objectContaining({ message: { type: "stage", taskIds: expect.anything() } }),
      );
      job.stage(job.taskIds[0] ?? "");
      expect(job.called()).toEqual(servers === "never" ? [] : ["server-1"]);
      job.send({ type: "pool-servers", servers: 0 });
      job.pass(2 * CALL_AGAIN_MS);
      expect(job.called()).toHaveLength(servers === "never" ? 0 : 1);
    }
  });

  test("when needed: not while somebody is at work, but when all are gone for a while", () => {
    const job = new Job("when-needed", true);
    job.hello("owner", "owner", 2);
    for (const id of job.taskIds) job.stage(id);
    job.pass(10 * UNATTENDED_MS);
    expect(job.called()).toEqual([]);
    job.send({ type: "closed", connectionId: "c-owner" });
    job.pass(UNATTENDED_MS - 1_000);
    expect(job.called()).toEqual([]);
    job.pass(2_000);
    expect(job.called()).toEqual(["server-1"]);
  });

  test("when needed: for a task that takes far too long, whose chunk is then staged", () => {
    const job = new Job("when-needed");
    job.hello("owner", "owner", 3);
    job.say("owner", { type: "want", slots: 3 });
    const leaseIds = [...job.state.leases.keys()];
    const renew = () =>
      job.say("owner", {
        type: "renew",
        leases: leaseIds.map((leaseId) => ({ leaseId, progress: 0.1 })),
      });
    for (let waitedMs = 0; waitedMs < STRAGGLER_MS - 5_000; waitedMs += 4_000) {
      job.pass(4_000);
      renew();
    }
    expect(job.called()).toEqual([]);
    job.pass(6_000);
    renew();
    job.pass(4_000);
    renew();
    expect(job.called()).toEqual(["server-1"]);
    job.hello("server-1", "server", 2);
    const asked = job.effects.filter(
      (each) => each.type === "send" && each.message.type === "stage",
    );
    expect(asked.length).toBeGreaterThan(0);
  });

  test.each(["always", "when-needed"] as const)(
    "%s: a server that is late with a task is followed by another, which makes a copy",
    (servers) => {
      const job = new Job(servers, true);
      job.hello("owner", "owner", 0);
      for (const id of job.taskIds) job.stage(id);
      job.send({ type: "closed", connectionId: "c-owner" });
      job.pass(UNATTENDED_MS + 1_000);
      expect(job.called()).toEqual(["server-1"]);
      job.hello("server-1", "server", job.taskIds.length);
      job.say("server-1", { type: "want", slots: job.taskIds.length });
      const leaseIds = [...job.state.leases.keys()];
      expect(leaseIds).toHaveLength(job.taskIds.length);
      const wait = (ms: number) => {
        for (let waitedMs = 0; waitedMs < ms; waitedMs += 4_000) {
          job.pass(4_000);
          const leases = leaseIds.map((leaseId) => ({ leaseId, progress: 0.5 }));
          job.say("server-1", { type: "renew", leases });
        }
      };
      // Half of the work in 2 s, then no more progress.
      const leases = leaseIds.map((leaseId) => ({ leaseId, progress: 0.5, workMs: 2_000 }));
      job.pass(2_000);
      job.say("server-1", { type: "renew", leases });
      wait(STRAGGLER_MS - 8_000);
      expect(job.called()).toEqual(["server-1"]);
      wait(12_000);
      expect(job.called()).toEqual(["server-1", "server-2"]);
      job.hello("server-2", "server", 1);
      job.say("server-2", { type: "want", slots: 1 });
      const holders = [...job.state.leases.values()].map(({ holderId }) => holderId);
      expect(holders).toContain("server-2");
      wait(HEARTBEAT_SILENCE_MS - 5_000);
      expect(job.called()).toEqual(["server-1", "server-2"]);
    },
  );

  test("never: nobody is called, whatever happens", () => {
    const job = new Job("never", true);
    job.hello("owner", "owner", 1);
    for (const id of job.taskIds) job.stage(id);
    job.send({ type: "closed", connectionId: "c-owner" });
    job.pass(3_600_000);
    expect(job.called()).toEqual([]);
  });
});
