import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { type Event, schedule } from "../../edge/coordinator/schedule/schedule.ts";
import { applyChanges } from "../../edge/coordinator/schedule/state/apply.ts";
import type { Effect } from "../../edge/coordinator/schedule/state/effect.ts";
import { type Changes, newState, type State } from "../../edge/coordinator/schedule/state/state.ts";
import { contributorView, playlistInput } from "../../edge/coordinator/view.ts";
import type { GateVerdict } from "../../edge/gate/verdict.ts";
import {
  DEFAULT_JOB_SETTINGS,
  hasEnded,
  type JobPlan,
  type JobSettings,
  segmentDurationTicks,
} from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { draws } from "../schedule/draws.ts";
import { honestHash, NO_MD5 } from "../schedule/offered.ts";
import { passedSegments, planOf } from "../schedule/plan-of.ts";
import { storeAllChunks } from "../schedule/stored-chunks.ts";
import { Escape } from "./escape.ts";
import { MESSAGE_MS, SimulatedHolder, type Traits, type Wire } from "./holder.ts";
import { isPaired, Timeline } from "./timeline.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Time that the gate takes for a result. */
export const GATE_MS = 300;
const SIGN_MS = 5;
const CHORE_MS = 100;
const SEGMENT_SECONDS = 6;
const GIVEN_UP_MS = 48 * 3_600_000;

export interface Scenario {
  /** Segments of 6 s, one task each. */
  tasks: number;
  holders: Traits[];
  verify: JobSettings["verify"];
  unverified: JobSettings["unverified"];
  /** Time of the owner's upload of one chunk; null: all chunks are in storage from the start. */
  stageMs: number | null;
  seed: number;
  /** Default: a new clock, which starts at 0. */
  clock?: VirtualClock;
  jobId?: string;
  /** Called with each event's changes, after they were applied. */
  onDecided?: (changes: Changes) => void;
}

export interface Outcome {
  /** Whether the job became ready. */
  isReady: boolean;
  /** Whether everything was made and the job only waited for a trusted holder. */
  waits: boolean;
  makespanMs: number;
  /** Seconds of video encoded: `useful` for what was published, and the rest by reason. */
  encodedSeconds: { useful: number; audits: number; copies: number; lost: number };
  audits: number;
  /** Number of results, audits included. */
  results: number;
  messages: number;
  heartbeats: number;
  lies: number;
  liesPublished: number;
  /** Chance that no lie is drawn for an audit (see `Escape`). 1 where there were no lies. */
  escape: number;
  /** Number of holders that told a lie. */
  liars: number;
  /** Number of liars that were caught. */
  liarsBanned: number;
  honestBanned: number;
}

/** One job with the real scheduler. Its holders run the real lease loop on a virtual clock. */
export class Swarm {
  readonly #clock: VirtualClock;
  readonly #plan: JobPlan;
  readonly #state: State;
  readonly #holders: SimulatedHolder[];
  readonly #byConnection = new Map<string, SimulatedHolder>();
  readonly #kinds = new Map<string, "first" | "audit" | "copy">();
  readonly timeline = new Timeline();
  readonly #escape = new Escape();
  readonly #encoded = { first: 0, audit: 0, copy: 0 };
  readonly #stageMs: number | null;
  readonly #draws: () => number;
  readonly #onDecided: (changes: Changes) => void;
  readonly #network: Wire;
  /** When the owner's uplink becomes free for the next chunk. */
  #uplinkFreeAtMs = 0;
  #alarmAtMs = Number.POSITIVE_INFINITY;
  #grants = 0;

  constructor(scenario: Scenario) {
    const { tasks, holders, verify, unverified, stageMs, seed, jobId = "job" } = scenario;
    this.#clock = scenario.clock ?? new VirtualClock(seed);
    this.#onDecided = scenario.onDecided ?? (() => {});
    this.#stageMs = stageMs;
    this.#draws = draws(`seed-${seed}`);
    this.#plan = silentPlan(tasks);
    this.#state = newState(jobId, this.#plan, this.#clock.nowMs(), {
      settings: { ...DEFAULT_JOB_SETTINGS, verify, unverified, stageAll: stageMs === null },
    });
    if (stageMs === null) storeAllChunks(this.#state);
    this.#network = this.#wire();
    this.#holders = holders.map((each) => {
      return new SimulatedHolder(each, this.#plan, this.#clock, this.#network);
    });
    this.#dispatch({ type: "tick" });
  }

  async run(): Promise<Outcome> {
    const { job } = this.#state;
    const isOver = () => hasEnded(this.#state.job.state) || this.#state.job.awaitsTrusted;
    await this.#clock.run(isOver, job.createdAtMs + GIVEN_UP_MS);
    return this.outcome();
  }

  get state(): State {
    return this.#state;
  }

  /** Lets a holder join now. @param onChange called when the holder has changed */
  join(traits: Traits, onChange: () => void): SimulatedHolder {
    const holder = new SimulatedHolder(traits, this.#plan, this.#clock, this.#network, onChange);
    this.#holders.push(holder);
    return holder;
  }

  /** Reports that a member of the pool has lied in another job. */
  banFromPool(memberId: string): void {
    this.#dispatch({ type: "pool-ban", memberId });
  }

  outcome(): Outcome {
    const { job, plan, holders } = this.#state;
    for (const holder of this.#holders) holder.sentAway();
    const published = playlistInput(this.#state).accepted;
    const lies = published.filter(
      (each) => each.sha256 !== honestHash(each.rendition, each.segment),
    );
    const liars = this.#holders.filter((holder) => holder.lies > 0);
    const isBanned = ({ traits }: SimulatedHolder) => holders.get(traits.id)?.banned === true;
    const { first, audit, copy } = this.#encoded;
    const useful =
      plan.segments.reduce((sum, each) => sum + segmentDurationTicks(each), 0) / 90_000;
    const sum = (of: (holder: SimulatedHolder) => number) =>
      this.#holders.reduce((total, holder) => total + of(holder), 0);
    return {
      isReady: job.state === "ready",
      waits: job.awaitsTrusted,
      makespanMs: this.#clock.nowMs(),
      encodedSeconds: { useful, audits: audit, copies: copy, lost: Math.max(0, first - useful) },
      audits: [...this.#kinds.values()].filter((kind) => kind === "audit").length,
      results: this.#grants,
      messages: sum((holder) => holder.messages),
      heartbeats: sum((holder) => holder.heartbeats),
      lies: sum((holder) => holder.lies),
      liesPublished: new Set(lies.map(({ segment }) => segment)).size,
      escape: this.#escape.chance,
      liars: liars.length,
      liarsBanned: liars.filter(isBanned).length,
      honestBanned: this.#holders.filter((each) => each.lies === 0 && isBanned(each)).length,
    };
  }

  #dispatch(event: Event): void {
    const nowMs = this.#clock.nowMs();
    const decision = schedule(this.#state, event, nowMs, this.#draws);
    applyChanges(this.#state, decision);
    this.timeline.take(nowMs, decision.changes);
    for (const effect of decision.effects) this.#perform(effect);
    this.#onDecided(decision.changes);
    const { dueMs } = this.#state;
    if (!Number.isFinite(dueMs) || dueMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = dueMs;
    this.#clock.after(dueMs - nowMs, () => {
      if (this.#alarmAtMs !== dueMs) return;
      this.#alarmAtMs = Number.POSITIVE_INFINITY;
      this.#dispatch({ type: "tick" });
    });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "send":
        this.#send(effect.connectionId, effect.message);
        return;
      case "welcome": {
        const { type, connectionId, ...welcome } = effect;
        const job = contributorView(this.#state);
        this.#send(connectionId, { type, ...welcome, job });
        return;
      }
      case "grant":
        this.#grant(effect.connectionId, effect.leaseIds);
        return;
      case "presign":
        this.#presign(effect.connectionId, effect.leaseId);
        return;
      case "presign-chunk":
        this.#send(effect.connectionId, { type: "stage-upload", taskId: effect.taskId, put: null });
        return;
      case "check":
        this.#check(effect.leaseId);
        return;
      case "chore": {
        const forState = this.#state.job.state;
        const { kind } = effect;
        if (kind === "cleanup") return;
        this.#clock.after(CHORE_MS, () => this.#dispatch({ type: "chore-done", kind, forState }));
        return;
      }
      case "ban": {
        const holder = this.#byConnection.get(effect.connectionId);
        this.#clock.after(MESSAGE_MS, () => holder?.sentAway());
        return;
      }
      case "call-server":
        return;
    }
  }

  #send(connectionId: string, message: CoordinatorMessage): void {
    const holder = this.#byConnection.get(connectionId);
    if (holder === undefined) return;
    this.#clock.after(MESSAGE_MS, () => {
      if (holder.connectionId !== connectionId) return;
      if (message.type === "stage") this.#stage(holder, connectionId, message.taskIds);
      else if (message.type === "stage-upload") this.#staged(holder, connectionId, message.taskId);
      else holder.receive(message);
    });
  }

  #grant(connectionId: string, leaseIds: readonly string[]): void {
    const grants: LeaseGrant[] = [];
    for (const id of leaseIds) {
      const lease = this.#state.leases.get(id);
      const task = lease && this.#state.planned.get(lease.taskId);
      const record = lease && this.#state.tasks.get(lease.taskId);
      if (lease === undefined || task === undefined || record === undefined) continue;
      const isAudit = record.done !== null || isPaired(record, id);
      this.#kinds.set(id, isAudit ? "audit" : record.leases.length > 1 ? "copy" : "first");
      this.#grants += 1;
      const hasSource = this.#state.holders.get(lease.holderId)?.hasSource === true;
      const info = record.chunk?.info;
      if (!hasSource && info === undefined) throw new Error(`${id} has no chunk`);
      const chunk =
        hasSource || info === undefined
          ? ({ from: "local" } as const)
          : ({ from: "url", url: "", info } as const);
      grants.push(leaseGrant(this.#plan, task, lease, chunk));
    }
    this.#send(connectionId, { type: "grant", grants });
  }

  #presign(connectionId: string, leaseId: string): void {
    this.#clock.after(SIGN_MS, () => {
      const outputs = this.#state.leases.get(leaseId)?.outputs;
      if (!outputs) return;
      const puts = outputs.flatMap(({ kind }, output) =>
        kind === "init" ? [] : { output, url: "", headers: {} },
      );
      this.#send(connectionId, { type: "uploads", leaseId, puts });
      this.#dispatch({ type: "presigned", leaseId });
    });
  }

  /** Simulates the gate, which accepts lies: all outputs are there, with the right counts and times. */
  #check(leaseId: string): void {
    this.#clock.after(GATE_MS, () => {
      const lease = this.#state.leases.get(leaseId);
      const task = this.#state.planned.get(lease?.taskId ?? "");
      if (task === undefined || lease === undefined) return;
      this.#escape.take(this.#state, lease, this.#clock.nowMs());
      const segments = passedSegments(this.#plan, task);
      const verdict: GateVerdict = { verdict: "passed", segments };
      this.#dispatch({ type: "checked", leaseId, verdict });
    });
  }

  /** Uploads the chunks from the owner's tab, one after the other. */
  #stage(owner: SimulatedHolder, connectionId: string, taskIds: readonly string[]): void {
    for (const taskId of taskIds) {
      const nowMs = this.#clock.nowMs();
      this.#uplinkFreeAtMs = Math.max(nowMs, this.#uplinkFreeAtMs) + (this.#stageMs ?? 0);
      this.#clock.after(this.#uplinkFreeAtMs - nowMs, () => {
        const chunk = { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
        this.#hear(owner, connectionId, {
          type: "stage-offer",
          chunk,
          sha256: "0".repeat(64),
          md5: NO_MD5,
        });
      });
    }
  }

  #staged(owner: SimulatedHolder, connectionId: string, taskId: string): void {
    this.#hear(owner, connectionId, { type: "staged", taskId });
  }

  #hear(holder: SimulatedHolder, connectionId: string, message: HolderMessage): void {
    const holderId = holder.traits.id;
    this.#clock.after(MESSAGE_MS, () => {
      if (holder.connectionId !== connectionId) return;
      this.#dispatch({ type: "message", connectionId, holderId, message });
    });
  }

  #wire(): Wire {
    return {
      hello: (holder, connectionId, { protocolVersion: _, ...hello }) => {
        this.#byConnection.set(connectionId, holder);
        const { link: principal, network, member = null } = holder.traits;
        this.#clock.after(MESSAGE_MS, () =>
          this.#dispatch({ type: "hello", connectionId, principal, network, hello, member }),
        );
      },
      message: (holder, connectionId, message) => this.#hear(holder, connectionId, message),
      closed: (connectionId) => {
        this.#clock.after(MESSAGE_MS, () => this.#dispatch({ type: "closed", connectionId }));
      },
      done: () => this.#state.job.tasksDone / this.#state.tasks.size,
      encoded: (leaseId, mediaSeconds) => {
        const kind = this.#kinds.get(leaseId) ?? "first";
        // A stopped audit proved nothing, so the bounds must not count it as necessary work.
        const isStopped = mediaSeconds < SEGMENT_SECONDS - 1e-6;
        this.#encoded[kind === "audit" && isStopped ? "copy" : kind] += mediaSeconds;
      },
    };
  }
}

/** A plan without audio, in which every task is the same amount of work. */
function silentPlan(tasks: number): JobPlan {
  const plan = planOf(tasks);
  return { ...plan, audio: [], tasks: plan.tasks.filter(({ kind }) => kind === "video") };
}
