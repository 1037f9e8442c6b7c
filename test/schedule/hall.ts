import { type Event, schedule } from "../../edge/coordinator/schedule/schedule.ts";
import { applyChanges } from "../../edge/coordinator/schedule/state/apply.ts";
import { newState, type State } from "../../edge/coordinator/schedule/state/state.ts";
import { DEFAULT_JOB_SETTINGS, type JobSettings } from "../../shared/job/job.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { Role } from "../../shared/wire/protocol.ts";
import { outputsOf, taskIdOf } from "./offered.ts";
import { passedSegments, planOf } from "./plan-of.ts";
import { storeAllChunks } from "./stored-chunks.ts";

/** A job of video tasks with all chunks in storage, its scheduler, and a few holders of one slot. */
export class Hall {
  nowMs = 1_000_000;
  /** Result of all random draws from now on. 0: every result is audited. */
  lot = 0;
  readonly state: State;

  constructor(tasks: number, settings: Partial<JobSettings> = {}) {
    const plan = planOf(tasks);
    const pictures = plan.tasks.filter(({ kind }) => kind === "video");
    const all = { ...DEFAULT_JOB_SETTINGS, verify: "off" as const, stageAll: true, ...settings };
    this.state = newState("job", { ...plan, audio: [], tasks: pictures }, this.nowMs, {
      settings: all,
    });
    storeAllChunks(this.state);
  }

  send(event: Event): void {
    applyChanges(
      this.state,
      schedule(this.state, event, this.nowMs, () => this.lot),
    );
  }

  say(holderId: string, message: HolderMessage): void {
    this.send({ type: "message", connectionId: `c-${holderId}`, holderId, message });
  }

  /**
   * @param speed in seconds of media per second, as if measured; null: it has made nothing yet
   * @param from the link that it joined by, and its network
   */
  join(
    holderId: string,
    speed: number | null,
    role: Role = "contributor",
    slots: number = 1,
    {
      link = role === "contributor" ? "link" : holderId,
      network = "net",
    }: { link?: string; network?: string | null } = {},
  ): void {
    const hello = {
      type: "hello" as const,
      role,
      holderId,
      name: holderId,
      device: "",
      slots,
      engines: ["ffmpeg-wasm" as const],
      leases: [],
      hasSource: false,
    };
    this.send({
      type: "hello",
      connectionId: `c-${holderId}`,
      principal: link,
      network,
      hello,
    });
    const holder = this.state.holders.get(holderId);
    if (holder === undefined || speed === null) return;
    this.state.holders.set(holderId, { ...holder, mediaTicks: 90 * speed, workMs: 1 });
  }

  want(holderId: string, slots: number): void {
    this.say(holderId, { type: "want", slots });
  }

  renew(holderId: string, progress: number, workMs?: number): void {
    const leases = this.leasesOf(holderId).map((leaseId) => {
      return { leaseId, progress, ...(workMs === undefined ? {} : { workMs }) };
    });
    this.say(holderId, { type: "renew", leases });
  }

  offer(holderId: string, leaseId: string, twist = ""): void {
    const outputs = outputsOf(this.state.plan, taskIdOf(leaseId), twist);
    this.say(holderId, { type: "offer", leaseId, outputs });
  }

  /** Commits an offered result. The gate's verdict is still to come. */
  commit(holderId: string, leaseId: string): void {
    this.send({ type: "presigned", leaseId });
    const made = { engine: "ffmpeg-wasm", encodeMs: 8_000, warnings: [] } as const;
    this.say(holderId, { type: "commit", leaseId, ...made, warnings: [] });
  }

  /** Lets the gate accept a committed result. */
  pass(leaseId: string): void {
    const task = this.state.planned.get(taskIdOf(leaseId));
    if (task === undefined) throw new Error(`No task of ${leaseId}.`);
    const segments = passedSegments(this.state.plan, task);
    this.send({ type: "checked", leaseId, verdict: { verdict: "passed", segments } });
  }

  deliver(holderId: string, leaseId: string, twist = ""): void {
    this.offer(holderId, leaseId, twist);
    this.commit(holderId, leaseId);
    this.pass(leaseId);
  }

  /**
   * Moves the clock on, and runs the alarms.
   * @param alive leases' progress by holder: these holders send signs of life, as lease loops do
   */
  wait(ms: number, alive: Record<string, number> = {}): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 500);
      if (this.nowMs % 4_000 === 0) {
        for (const [holderId, progress] of Object.entries(alive)) this.renew(holderId, progress);
      }
      if (this.state.dueMs <= this.nowMs) this.send({ type: "tick" });
    }
  }

  leasesOf(holderId: string): string[] {
    const leases = [...this.state.leases.values()];
    return leases.filter((lease) => lease.holderId === holderId).map(({ id }) => id);
  }
}
