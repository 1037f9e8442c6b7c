import { type Segment, segmentDurationTicks } from "../../../shared/job.ts";
import { RENEW_EVERY_MS } from "../../../shared/protocol.ts";
import type { Draft } from "./draft.ts";
import { grantLease, isForTrusted } from "./leases.ts";
import { type Holder, isEnded, type Lease, type TaskRecord } from "./state.ts";
import { auditorsNow, mayAudit } from "./trust.ts";

/** A backup copy must promise to be done in less than this share of what the first one still needs. */
const BACKUP_GAIN = 0.8;
const LOOK_AGAIN_MS = 3_000;
/** Two heartbeats and a half. */
const QUIET_MS = 2.5 * RENEW_EVERY_MS;
/** Live leases of one task, the first one and its backup. */
const MAX_COPIES = 2;

/**
 * Hands work to holders with free places: ready tasks and audits in order of need, the fastest
 * holder first, one each in turn. When no task is left, free holders make backup copies of what
 * would be finished last.
 */
export function assign(draft: Draft): void {
  if (isEnded(draft.job)) return;
  const takers = draft
    .holders()
    .filter(({ connectionId, want, silent, banned }) => {
      return connectionId !== null && want > 0 && !silent && !banned;
    })
    .sort((a, b) => speed(b) - speed(a));
  if (takers.length === 0) {
    if (draft.job.backupDueAtMs !== null) draft.patchJob({ backupDueAtMs: null });
    return;
  }

  const auditors = auditorsNow(draft);
  const round = new Round(draft, takers);
  for (const task of draft.tasks()) {
    if (round.isOver()) break;
    if (task.state === "ready") round.give(task, (holder) => round.mayTake(holder, task));
    else if (task.proof === "wanted") {
      const may = (holder: Holder) =>
        hasChunk(holder, task) && mayAudit(draft, holder, task, auditors);
      round.give(task, may, true);
    }
  }
  if (!round.isOver()) round.backUp();
  round.end();
  watchStragglers(draft, !round.isOver());
}

/** While somebody is free and others are at work, time alone can make a backup copy worth it. */
function watchStragglers(draft: Draft, isAnybodyFree: boolean): void {
  const { backupDueAtMs } = draft.job;
  const watch = isAnybodyFree && draft.leases().some(({ phase }) => phase === "working");
  if (!watch && backupDueAtMs !== null) draft.patchJob({ backupDueAtMs: null });
  else if (watch && (backupDueAtMs === null || backupDueAtMs <= draft.nowMs)) {
    draft.patchJob({ backupDueAtMs: draft.nowMs + LOOK_AGAIN_MS });
  }
}

/** Media seconds a second of work; holders that are not known yet come first, to become known. */
export function speed({ mediaTicks, workMs }: Holder): number {
  return workMs > 0 ? mediaTicks / workMs : Number.POSITIVE_INFINITY;
}

/** One hand-out: who still wants how much, and what they got. */
class Round {
  readonly #draft: Draft;
  readonly #takers: Holder[];
  readonly #taken: Map<string, string[]>;
  /** Leases of each holder that it has not finished encoding. */
  readonly #atWork: Map<string, number>;
  readonly #pace: Pace;
  #turn: Holder[];

  constructor(draft: Draft, takers: Holder[]) {
    this.#draft = draft;
    this.#takers = takers;
    this.#turn = takers;
    this.#taken = new Map(takers.map(({ id }) => [id, []]));
    this.#atWork = new Map();
    for (const { holderId, phase } of draft.leases()) {
      if (phase !== "working") continue;
      this.#atWork.set(holderId, (this.#atWork.get(holderId) ?? 0) + 1);
    }
    this.#pace = paceOf(draft);
  }

  isOver(): boolean {
    return this.#turn.length === 0;
  }

  give(task: TaskRecord, may: (holder: Holder) => boolean, audit = false): void {
    const index = this.#turn.findIndex(may);
    const holder = this.#turn[index];
    if (holder === undefined) return;
    const leaseIds = this.#taken.get(holder.id) ?? [];
    leaseIds.push(grantLease(this.#draft, task, holder, audit).id);
    this.#atWork.set(holder.id, (this.#atWork.get(holder.id) ?? 0) + 1);
    // To the back of the queue, or out of it.
    this.#turn = [...this.#turn.slice(0, index), ...this.#turn.slice(index + 1)];
    if (leaseIds.length < holder.want) this.#turn.push(holder);
  }

  mayTake(holder: Holder, task: TaskRecord): boolean {
    if (!hasChunk(holder, task) || task.notFor.includes(holder.id)) return false;
    if (holder.role === "contributor" && isForTrusted(this.#draft, task)) return false;
    const atWork = this.#atWork.get(holder.id) ?? 0;
    // Near the end a task waits for whoever is free next, not behind a holder's present one.
    if (atWork >= holder.slots && this.#pace.readyTasks <= this.#pace.slots) return false;
    return !this.#wouldBeLast(holder, task, atWork);
  }

  /** Whether all others together would be done with everything, this task included, before this holder is. */
  #wouldBeLast(holder: Holder, task: TaskRecord, atWork: number): boolean {
    const own = speed(holder);
    const { ticksAMs, fastest, remainingTicks } = this.#pace;
    const others = ticksAMs - (Number.isFinite(own) ? own * holder.slots : 0);
    if (!Number.isFinite(own) || others <= 0 || own >= fastest) return false;
    const ticks = taskTicks(this.#draft, task.id);
    const queued = Math.floor(atWork / Math.max(1, holder.slots));
    const othersMs = remainingTicks / others + ticks / fastest;
    return ((queued + 1) * ticks) / own > othersMs;
  }

  /** Backup copies of leases that would hold up the end: first valid result wins. */
  backUp(): void {
    if (this.#pace.readyTasks > 0) return;
    const { nowMs } = this.#draft;
    const late = this.#draft
      .leases()
      .filter(({ phase, audit }) => phase === "working" && !audit)
      .map((lease) => ({ lease, remainingMs: remainingMs(this.#draft, lease, nowMs) }))
      .sort((a, b) => b.remainingMs - a.remainingMs);
    const bestPace = this.#turn.reduce((best, holder) => Math.max(best, this.#paceOf(holder)), 0);
    for (const { lease, remainingMs: firstMs } of late) {
      if (this.isOver()) return;
      if (taskTicks(this.#draft, lease.taskId) >= firstMs * BACKUP_GAIN * bestPace) continue;
      const task = this.#draft.task(lease.taskId);
      if (
        task === undefined ||
        task.state !== "leased" ||
        task.leases.length >= MAX_COPIES ||
        task.readyAtMs > nowMs
      )
        continue;
      this.give(task, (holder) => {
        if (holder.id === lease.holderId || !hasChunk(holder, task)) return false;
        if (task.notFor.includes(holder.id)) return false;
        if (holder.role === "contributor" && isForTrusted(this.#draft, task)) return false;
        if ((this.#atWork.get(holder.id) ?? 0) >= holder.slots) return false;
        const pace = this.#paceOf(holder);
        if (pace <= 0) return false;
        return taskTicks(this.#draft, task.id) / pace < firstMs * BACKUP_GAIN;
      });
    }
  }

  /** A newcomer is taken to be as fast as the fastest. */
  #paceOf(holder: Holder): number {
    const own = speed(holder);
    return Number.isFinite(own) ? own : this.#pace.fastest;
  }

  end(): void {
    const draft = this.#draft;
    for (const holder of this.#takers) {
      const leaseIds = this.#taken.get(holder.id) ?? [];
      const { connectionId } = holder;
      if (leaseIds.length === 0 || connectionId === null) continue;
      draft.putHolder({ ...holder, want: holder.want - leaseIds.length });
      draft.effects.push({ type: "grant", connectionId, leaseIds });
      if (draft.job.state === "planned") draft.patchJob({ state: "running" });
    }
  }
}

/** How fast the connected holders are together, and how much there is to do. Ticks are 90 a millisecond. */
interface Pace {
  ticksAMs: number;
  /** Of one slot. */
  fastest: number;
  slots: number;
  readyTasks: number;
  /** Of tasks nobody works on. */
  remainingTicks: number;
}

function paceOf(draft: Draft): Pace {
  const pace: Pace = { ticksAMs: 0, fastest: 0, slots: 0, readyTasks: 0, remainingTicks: 0 };
  for (const holder of draft.holders()) {
    if (holder.connectionId === null || holder.banned) continue;
    pace.slots += holder.slots;
    const own = speed(holder);
    if (!Number.isFinite(own)) continue;
    pace.ticksAMs += own * holder.slots;
    pace.fastest = Math.max(pace.fastest, own);
  }
  for (const { id, state } of draft.tasks()) {
    if (state !== "ready") continue;
    pace.readyTasks += 1;
    pace.remainingTicks += taskTicks(draft, id);
  }
  return pace;
}

function hasChunk(holder: Holder, task: TaskRecord): boolean {
  return holder.hasSource || task.chunk?.stored === true;
}

/** What a lease still needs: by its holder's speed, or by its progress where that is not known or wrong. */
function remainingMs(draft: Draft, lease: Lease, nowMs: number): number {
  const elapsedMs = nowMs - lease.grantedAtMs;
  const beat = draft.beat(lease.id);
  const quietMs = nowMs - (beat?.heardAtMs ?? lease.grantedAtMs);
  // Nobody may be there any more.
  if (quietMs > QUIET_MS) return Number.POSITIVE_INFINITY;
  const progress = beat?.progress ?? 0;
  const byProgressMs =
    progress > 0.05
      ? Math.max(0, ((elapsedMs - quietMs) * (1 - progress)) / progress - quietMs)
      : elapsedMs;
  const holder = draft.holder(lease.holderId);
  const own = holder === undefined ? Number.POSITIVE_INFINITY : speed(holder);
  if (!Number.isFinite(own)) return byProgressMs;
  const wholeMs = taskTicks(draft, lease.taskId) / own;
  // The time since the grant may have been spent on waiting for the task before.
  const bySpeedMs = Math.max(0, wholeMs * (1 - progress) - quietMs);
  return elapsedMs > 2.5 * wholeMs ? Math.max(bySpeedMs, byProgressMs) : bySpeedMs;
}

/** Video time of a task; sound is made so much faster that it counts for a fraction. */
function taskTicks(draft: Draft, taskId: string): number {
  const task = draft.planned.get(taskId);
  if (task === undefined) return 0;
  const { segments, source } = draft.plan;
  const startTicks = segments[task.firstSegment]?.startTicks ?? 0;
  const end: Segment | undefined = segments[task.firstSegment + task.segmentCount - 1];
  const endTicks =
    end === undefined ? source.durationTicks : end.startTicks + segmentDurationTicks(end);
  return (endTicks - startTicks) / (task.kind === "audio" ? 20 : 1);
}
