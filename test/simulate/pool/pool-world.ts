import { PoolFeed } from "../../../edge/coordinator/pool/pool-feed.ts";
import { pixelsPerTick } from "../../../edge/coordinator/schedule/state/pace.ts";
import type { JobReport, PoolEffect } from "../../../edge/pool/model/messages.ts";
import { PoolModel, REBALANCE_EVERY_MS } from "../../../edge/pool/model/pool-model.ts";
import { PoolState } from "../../../edge/pool/model/state.ts";
import { hasEnded, TICKS_PER_SECOND } from "../../../shared/job/job.ts";
import { LimitWatch, LOOK_EVERY_MS } from "../../../shared/pool/limit-watch.ts";
import { countBytes, type MemberLimits } from "../../../shared/pool/limits.ts";
import { MemberSessions } from "../../../shared/pool/member-sessions.ts";
import {
  DEFAULT_POOL_RULES,
  type MemberMessage,
  type PoolPass,
  type RestReason,
} from "../../../shared/wire/pool.ts";
import { planOf } from "../../schedule/plan-of.ts";
import { MESSAGE_MS, type SimulatedHolder, type Traits } from "../holder.ts";
import { type Outcome, Swarm } from "../swarm.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { Fairness } from "./fairness.ts";
import { partOf } from "./shards.ts";

/** A machine of the pool. Times are in milliseconds since midnight. */
export interface SimulatedMember {
  id: string;
  /** Seconds of the reference job's video made per second, in each slot. */
  speed: number;
  slots: number;
  network: string;
  /** When it is there. `leaves`: how a stay ends; a closed lid is not reported. */
  stays: { fromMs: number; toMs: number; leaves: Traits["leaves"] }[];
  lies: Traits["lies"];
  /** Proven results of earlier days. */
  proven: number;
  /** Default: only its slots. */
  limits?: MemberLimits;
}

/** An encode that began, as the member's machine stood then. */
export interface Begun {
  memberId: string;
  /** Of the day, with its fraction. */
  hour: number;
  /** With this one. */
  encoders: number;
  bytesToday: number;
}

export interface SimulatedJob {
  id: string;
  owner: string;
  arrivesAtMs: number;
  minutes: number;
  /** Time of the owner's upload of one chunk; null: all chunks are in storage. */
  stageMs: number | null;
  /** Speed of the owner's tab, which also encodes and audits. */
  ownerSpeed: number;
  ownerSlots: number;
}

export interface FinishedJob extends SimulatedJob {
  startedAtMs: number;
  /** When the first member was sent to it; null: none ever was. */
  helpedAtMs: number | null;
  endedAtMs: number | null;
  outcome: Outcome;
}

export interface PoolCounts {
  /** Number of calls and messages that reach the pool's object, by kind. */
  reports: number;
  memberMessages: number;
  poolMessages: number;
  assignments: number;
  rowsWritten: number;
}

export const HOUR_MS = 3_600_000;
const SEGMENT_SECONDS = 6;
/** How long ago members with proven results joined. */
const EARLIER_MS = 30 * 86_400_000;
/** Output pixels of a second of video, the same in all jobs. */
const REFERENCE_PIXELS = pixelsPerTick(planOf(1)) * TICKS_PER_SECOND;

/**
 * A pool with its real model, jobs with the real scheduler, and members with the real sessions, on one virtual
 * clock.
 */
export class PoolWorld {
  readonly clock: VirtualClock;
  /** One model for each shard. Members are spread over the shards, and jobs report to all. */
  readonly models: readonly PoolModel[];
  readonly fairness: Fairness;
  readonly counts: PoolCounts = {
    reports: 0,
    memberMessages: 0,
    poolMessages: 0,
    assignments: 0,
    rowsWritten: 0,
  };
  readonly #swarms = new Map<string, { swarm: Swarm; job: SimulatedJob; startedAtMs: number }>();
  readonly #ends = new Map<string, number>();
  readonly #helped = new Map<string, number>();
  readonly #tabs = new Map<string, MemberTab>();
  /** Encodes of members with limits, and the most bytes of a day that each counted. */
  readonly begun: Begun[] = [];
  readonly mostBytes = new Map<string, number>();
  readonly #startsAtMs: number;
  readonly #jobs: readonly SimulatedJob[];
  readonly #seed: number;
  #isBalancing = false;

  constructor(
    members: readonly SimulatedMember[],
    jobs: readonly SimulatedJob[],
    {
      seed = 1,
      startsAtMs = 0,
      shards = 1,
    }: { seed?: number; startsAtMs?: number; shards?: number } = {},
  ) {
    this.#seed = seed;
    this.#startsAtMs = startsAtMs;
    this.#jobs = jobs;
    this.clock = new VirtualClock(seed);
    this.models = Array.from({ length: shards }, () => new PoolModel(newPool()));
    this.fairness = new Fairness(this.models.map(({ state }) => state));
    for (const [index, member] of members.entries()) {
      const model = this.models[index % shards];
      if (model === undefined) continue;
      for (const stay of member.stays) {
        this.clock.after(stay.fromMs - startsAtMs, () => this.#come(model, member, stay));
      }
    }
    for (const job of jobs) {
      this.clock.after(job.arrivesAtMs - startsAtMs, () => this.#begin(job));
    }
  }

  /** @returns false where a job had not ended by then */
  async run(limitMs: number): Promise<boolean> {
    return this.clock.run(() => this.#ends.size === this.#jobs.length, limitMs);
  }

  finished(): FinishedJob[] {
    return [...this.#swarms.values()].map(({ swarm, job, startedAtMs }) => {
      const endedAtMs = this.#ends.get(job.id) ?? null;
      const helpedAtMs = this.#helped.get(job.id) ?? null;
      return { ...job, startedAtMs, helpedAtMs, endedAtMs, outcome: swarm.outcome() };
    });
  }

  /** Number of members that help with a job now. */
  helpersOf(jobId: string): number {
    const present = this.models.flatMap(({ state }) => [...state.present.values()]);
    return present.filter((each) => each.jobId === jobId).length;
  }

  #begin(job: SimulatedJob): void {
    const startedAtMs = this.clock.nowMs();
    const { id: jobId, owner, minutes, stageMs } = job;
    const ask = { jobId, title: jobId, linkId: "ask", ownerId: owner };
    for (const model of this.models) {
      const refusal = model.ask(ask, startedAtMs);
      if (refusal !== null) throw new Error(refusal.message);
    }
    let feed: PoolFeed | null = null;
    const swarm = new Swarm({
      tasks: Math.max(1, Math.round((minutes * 60) / SEGMENT_SECONDS)),
      holders: [ownerOf(job)],
      verify: "adaptive",
      unverified: "wait",
      stageMs,
      // Jobs with the same seed would get the same draws.
      seed: seedOf(jobId, this.#seed),
      clock: this.clock,
      jobId,
      onDecided: (changes) => {
        if (feed === null) return;
        feed.add(changes);
        if (!hasEnded(swarm.state.job.state) || this.#ends.has(jobId)) return;
        this.#ends.set(jobId, this.clock.nowMs());
        this.clock.after(MESSAGE_MS, () => {
          for (const tab of this.#tabs.values()) tab.over(jobId);
        });
      },
    });
    this.#swarms.set(jobId, { swarm, job, startedAtMs });
    feed = new PoolFeed(swarm.state, {
      clock: this.clock,
      send: (report) => this.clock.after(MESSAGE_MS, () => this.#report(report)),
    });
    feed.tell();
  }

  #report(report: JobReport): void {
    const part = partOf(report, this.models.length);
    for (const model of this.models) {
      this.counts.reports += 1;
      this.#perform(model.report(part, this.clock.nowMs()));
    }
    this.#decided();
  }

  #come(model: PoolModel, member: SimulatedMember, stay: SimulatedMember["stays"][number]): void {
    const connectionId = `${member.id}@${this.clock.nowMs()}`;
    const nowMs = this.clock.nowMs();
    const arrival = {
      ...{ connectionId, memberId: member.id, linkId: "join", name: member.id, device: "" },
      ...{ engines: ["ffmpeg-wasm" as const], slots: member.slots, rests: null, jobId: null },
    };
    if (model.arrive(arrival, nowMs) !== null) return;
    const known = model.state.get("member", member.id);
    if (known !== undefined && known.proven === 0 && member.proven > 0) {
      const worked = { pixels: member.speed * REFERENCE_PIXELS, workMs: 1_000 };
      const proven = { proven: member.proven, provenAtMs: nowMs };
      const firstSeenAtMs = nowMs - EARLIER_MS;
      model.state.put("member", { ...known, ...proven, ...worked, firstSeenAtMs });
    }
    this.counts.memberMessages += 1;
    const tab = new MemberTab(member, {
      join: (jobId, traits, onChange) => this.#swarms.get(jobId)?.swarm.join(traits, onChange),
      left: (jobId) => {
        this.counts.memberMessages += 1;
        const said = { type: "left", jobId, code: null } as const;
        this.#perform(model.say(connectionId, said, this.clock.nowMs()));
        this.#decided();
      },
      say: (said) => {
        this.#perform(model.say(connectionId, said, this.clock.nowMs()));
        this.#decided();
      },
    });
    if (member.limits !== undefined) this.#limit(tab, member, member.limits);
    this.#tabs.set(connectionId, tab);
    this.#decided();
    this.clock.after(stay.toMs - stay.fromMs, () => {
      tab.leave();
      this.#tabs.delete(connectionId);
      // A closed lid is noticed only by missing pings.
      const noticedMs = stay.leaves === "closing" ? MESSAGE_MS : 30_000;
      this.clock.after(noticedMs, () => {
        model.gone(connectionId, this.clock.nowMs());
        this.#decided();
      });
    });
  }

  /** The page's part: it looks at the limits now and then, and whenever bytes were counted. */
  #limit(tab: MemberTab, { id: memberId }: SimulatedMember, limits: MemberLimits): void {
    const hour = () => ((this.#startsAtMs + this.clock.nowMs()) / HOUR_MS) % 24;
    const day = () => String(Math.floor((this.#startsAtMs + this.clock.nowMs()) / (24 * HOUR_MS)));
    let count = { day: "", bytes: 0 };
    let [encoders, done, all] = [0, 0, 0];
    const limitWatch = new LimitWatch({
      limits: () => limits,
      surroundings: () => ({
        ...{ hour: Math.floor(hour()), bytesToday: countBytes(count, day(), 0).bytes },
        ...{ taskBytes: done === 0 ? 0 : all / done, onBattery: null, inUse: null },
        isPaused: false,
      }),
      apply: (slots, rests) => tab.limit(slots, rests),
    });
    tab.watch = {
      encodes: (by) => {
        encoders += by;
        if (by < 0) done += 1;
        else {
          const bytesToday = countBytes(count, day(), 0).bytes;
          this.begun.push({ memberId, hour: hour(), encoders, bytesToday });
        }
      },
      bytes: (bytes) => {
        all += bytes;
        count = countBytes(count, day(), bytes);
        const most = this.mostBytes.get(memberId) ?? 0;
        this.mostBytes.set(memberId, Math.max(most, count.bytes));
        limitWatch.look();
      },
    };
    const again = (): void => {
      limitWatch.look();
      this.clock.after(LOOK_EVERY_MS, again);
    };
    again();
  }

  #perform(effects: readonly PoolEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "ban") {
        this.#swarms.get(effect.jobId)?.swarm.banFromPool(effect.memberId);
        continue;
      }
      // A simulated pool has no operator.
      if (effect.type === "dismiss") continue;
      const { connectionId } = effect;
      this.counts.poolMessages += 1;
      if (effect.type === "assign") {
        this.counts.assignments += 1;
        const { jobId } = effect.pass;
        if (!this.#helped.has(jobId)) this.#helped.set(jobId, this.clock.nowMs());
      }
      this.clock.after(MESSAGE_MS, () => {
        const tab = this.#tabs.get(connectionId);
        if (effect.type === "assign") tab?.assign(effect.pass);
        else if (effect.type === "close") tab?.leave();
        else if (effect.type === "send" && effect.message.type === "rest") tab?.rest();
      });
    }
  }

  #decided(): void {
    for (const { state } of this.models) this.counts.rowsWritten += state.takeChanges().length;
    if (this.#isBalancing) return;
    this.#isBalancing = true;
    this.clock.after(REBALANCE_EVERY_MS, () => {
      this.#isBalancing = false;
      const nowMs = this.clock.nowMs();
      for (const model of this.models) this.#perform(model.rebalance(nowMs));
      this.fairness.take(nowMs);
    });
  }
}

interface TabLinks {
  join(jobId: string, traits: Traits, onChange: () => void): SimulatedHolder | undefined;
  left(jobId: string): void;
  say(said: Extract<MemberMessage, { type: "slots" }>): void;
}

/** A member's tab: the real sessions around simulated holders. */
class MemberTab {
  readonly #sessions: MemberSessions<SimulatedHolder>;
  readonly #passes = new Map<string, Omit<PoolPass, "expiresAtMs">>();
  readonly #links: TabLinks;
  watch: Traits["watch"];

  constructor(member: SimulatedMember, links: TabLinks) {
    this.#links = links;
    this.#sessions = new MemberSessions({
      slots: member.slots,
      open: (jobId, _pass, slots) => {
        const pass = this.#passes.get(jobId);
        const holder =
          pass &&
          links.join(
            jobId,
            { ...traitsOf(member, pass, slots), ...(this.watch && { watch: this.watch }) },
            () => this.#later(),
          );
        if (holder === undefined) throw new Error(`no pass for ${jobId}`);
        return holder;
      },
    });
  }

  assign(pass: Omit<PoolPass, "expiresAtMs">): void {
    this.#passes.set(pass.jobId, pass);
    this.#sessions.assign(pass.jobId, "");
  }

  rest(): void {
    this.#sessions.rest();
  }

  limit(slots: number, rests: RestReason | null): void {
    const given = rests === null ? slots : 0;
    this.#sessions.setSlots(given);
    this.#links.say({ type: "slots", slots: given, rests });
  }

  over(jobId: string): void {
    if (this.#sessions.jobId === jobId) this.#links.left(jobId);
    this.#sessions.end(jobId);
  }

  leave(): void {
    this.#sessions.stop();
  }

  /** Later, because a holder reports changes while it is still making them. */
  #later(): void {
    queueMicrotask(() => this.#sessions.changed());
  }
}

function traitsOf(
  { id, speed, network, lies }: SimulatedMember,
  { principal, memberId, proven, pixelsPerMs }: Omit<PoolPass, "expiresAtMs">,
  slots: number,
): Traits {
  return {
    ...{ id, role: "contributor", speed, slots, link: principal, network, comesAtMs: 0 },
    ...{ leavesAtMs: null, leaves: "closing", lies, lie: `${id} ` },
    member: { memberId, proven, pixelsPerMs },
  };
}

/** The owner's tab of a job, as a holder. */
export function ownerOf({ ownerSpeed: speed, ownerSlots: slots }: SimulatedJob): Traits {
  return {
    ...{ id: "owner", role: "owner", speed, slots, link: "owner", network: "owner" },
    ...{ comesAtMs: 0, leavesAtMs: null, leaves: "closing", lies: () => false, lie: "" },
  };
}

/** Seed of a job's draws, so that a job gets the same draws in each scenario. */
function seedOf(jobId: string, seed: number): number {
  return [...jobId].reduce((sum, each) => (31 * sum + each.charCodeAt(0)) % 1_000_003, seed);
}

function newPool(): PoolState {
  const link = { createdAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER, maxMembers: 5_000 };
  const more = { label: "", tokenHash: "", lies: 0, proven: 0, isClosed: false };
  return new PoolState({
    pool: {
      ...{ id: "pool", name: "Media club", operatorTokenHash: "", createdAtMs: 0, origin: "" },
      rules: { ...DEFAULT_POOL_RULES, maxMembers: 5_000, maxJobsEach: 1_000 },
    },
    links: [
      { id: "join", kind: "join", principal: "join", ...link, ...more },
      { id: "ask", kind: "ask", principal: "ask", ...link, ...more },
    ],
    members: [],
    jobs: [],
    owners: [],
    days: [],
  });
}
