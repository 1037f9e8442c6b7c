import type { Draft } from "./draft.ts";
import { dropLease, grantLease, isForTrusted } from "./leases.ts";
import { type Pace, paceOf, speed, taskTicks } from "./pace.ts";
import { type Audit, type Holder, isEnded, type Lease, type TaskRecord } from "./state.ts";
import { stragglers } from "./stragglers.ts";
import { auditorsNow, mayAudit } from "./trust.ts";
import { auditOf, hasPictureAuditors, requiredEngine } from "./verifying.ts";

/** A backup copy must promise to be done in less than this share of what the first one still needs. */
const BACKUP_GAIN = 0.8;
const LOOK_AGAIN_MS = 1_000;
/** Live leases of one task, the first one and its backup. */
const MAX_COPIES = 2;

/**
 * Hands work to holders with free places: ready tasks and audits in order of need, the fastest
 * holder first, one each in turn. When no task is left, free holders make backup copies of what
 * would be finished last.
 */
export function assign(draft: Draft): void {
  if (isEnded(draft.job)) return;
  const takers = draft.holders().filter(({ connectionId, want, silent, banned }) => {
    return connectionId !== null && want > 0 && !silent && !banned;
  });
  if (takers.length === 0) {
    if (draft.job.backupDueAtMs !== null) draft.patchJob({ backupDueAtMs: null });
    return;
  }

  const open: TaskRecord[] = [];
  for (const task of draft.tasks()) {
    if (task.state === "ready" || isToAudit(task)) open.push(task);
  }
  const { backupDueAtMs } = draft.job;
  const isBackupDue = backupDueAtMs === null || backupDueAtMs <= draft.nowMs;
  // A thousand idle holders say so one by one: nothing is weighed anew for each.
  if (open.length === 0 && !isBackupDue) return;

  const auditors = auditorsNow(draft);
  const round = new Round(draft, takers);
  for (const task of open) {
    if (round.isOver()) break;
    if (task.state === "ready") round.give(task, (holder) => round.mayTake(holder, task));
    else {
      const may = (holder: Holder) =>
        hasChunk(holder, task) &&
        round.mayQueue(holder, open.length) &&
        mayAudit(draft, holder, task, auditors);
      round.give(task, may, auditOf(task));
    }
  }
  if (isBackupDue && !round.isOver()) round.backUp();
  round.end();
  watchStragglers(draft, !round.isOver());
}

function isToAudit({ proof, leases }: TaskRecord): boolean {
  return proof === "wanted" && leases.length === 0;
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

/** One hand-out: who still wants how much, and what they got. */
class Round {
  readonly #draft: Draft;
  readonly #takers: Holder[];
  readonly #taken: Map<string, string[]>;
  /** Leases of each holder that it has not finished encoding. */
  readonly #atWork: Map<string, number>;
  readonly #pace: Pace;
  readonly #pictures: boolean;
  #turn: Holder[];

  constructor(draft: Draft, takers: Holder[]) {
    this.#draft = draft;
    this.#pace = paceOf(draft);
    this.#pictures = hasPictureAuditors(draft);
    this.#takers = takers;
    this.#turn = byPace(takers, this.#pace);
    this.#taken = new Map(takers.map(({ id }) => [id, []]));
    this.#atWork = new Map();
    for (const { holderId, phase } of draft.leases()) {
      if (phase !== "working") continue;
      this.#atWork.set(holderId, (this.#atWork.get(holderId) ?? 0) + 1);
    }
  }

  isOver(): boolean {
    return this.#turn.length === 0;
  }

  give(task: TaskRecord, may: (holder: Holder) => boolean, audit: Audit | null = null): void {
    const index = this.#turn.findIndex(may);
    const holder = this.#turn[index];
    if (holder === undefined) return;
    const leaseIds = this.#taken.get(holder.id) ?? [];
    const how = { audit, pictures: this.#pictures };
    const engine = requiredEngine(this.#draft, task, holder, how);
    leaseIds.push(grantLease(this.#draft, task, holder, { audit, engine }).id);
    this.#atWork.set(holder.id, (this.#atWork.get(holder.id) ?? 0) + 1);
    // To the back of the queue, or out of it.
    this.#turn = [...this.#turn.slice(0, index), ...this.#turn.slice(index + 1)];
    if (leaseIds.length < holder.want) this.#turn.push(holder);
  }

  /** Near the end an audit waits for whoever is free next, not behind a holder's present work. */
  mayQueue(holder: Holder, open: number): boolean {
    return (this.#atWork.get(holder.id) ?? 0) < holder.slots || open > this.#pace.slots;
  }

  mayTake(holder: Holder, task: TaskRecord): boolean {
    if (!hasChunk(holder, task) || task.notFor.includes(holder.id)) return false;
    if (holder.role === "contributor" && isForTrusted(this.#draft, task)) return false;
    const atWork = this.#atWork.get(holder.id) ?? 0;
    // Near the end a task waits for whoever is free next, not behind a holder's present one: unless
    // that would still be done before somebody of usual speed had made it.
    const { readyTasks, slots, knownSlots, ticksAMs } = this.#pace;
    const isFast = atWork <= holder.slots && speed(holder) * knownSlots >= 2 * ticksAMs;
    const isKnown = Number.isFinite(speed(holder));
    if (atWork >= holder.slots && readyTasks <= slots && !(isFast && isKnown)) return false;
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

  /**
   * Leases that would hold up the end: one that waits behind its holder's present one is taken away
   * and given to who is free; of one at work a backup copy is made, and the first valid result wins.
   */
  backUp(): void {
    if (this.#pace.readyTasks > 0) return;
    const draft = this.#draft;
    const bestPace = this.#turn.reduce((best, holder) => Math.max(best, this.#paceOf(holder)), 0);
    for (const late of stragglers(draft, this.#pace.fastest)) {
      if (this.isOver()) return;
      const { lease, isWaiting } = late;
      const limitMs = late.remainingMs * BACKUP_GAIN;
      if (taskTicks(draft, lease.taskId) >= limitMs * bestPace) continue;
      const task = draft.task(lease.taskId);
      const isCopied = (task?.leases.length ?? 0) >= MAX_COPIES;
      if (task?.state !== "leased" || isCopied || task.readyAtMs > draft.nowMs) continue;
      const may = (holder: Holder) => this.#mayBackUp(holder, task, lease, limitMs);
      if (!this.#turn.some(may)) continue;
      if (isWaiting && task.leases.length === 1) {
        dropLease(draft, lease);
        draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
      }
      this.give(draft.task(task.id) ?? task, may);
    }
  }

  #mayBackUp(holder: Holder, task: TaskRecord, lease: Lease, limitMs: number): boolean {
    if (holder.id === lease.holderId || !hasChunk(holder, task)) return false;
    if (holder.role === "contributor" && isForTrusted(this.#draft, task)) return false;
    if (task.notFor.includes(holder.id)) return false;
    if ((this.#atWork.get(holder.id) ?? 0) >= holder.slots) return false;
    const pace = this.#paceOf(holder);
    return pace > 0 && taskTicks(this.#draft, task.id) / pace < limitMs;
  }

  /** A newcomer is taken to be of usual speed. */
  #paceOf(holder: Holder): number {
    const own = speed(holder);
    return Number.isFinite(own) ? own : this.#pace.ticksAMs / Math.max(1, this.#pace.knownSlots);
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

/**
 * The fastest first. Who is not known yet comes before them, to become known; near the end after
 * them: who has made nothing by then may be slow.
 */
function byPace(takers: readonly Holder[], { readyTasks, slots }: Pace): Holder[] {
  const unknown = readyTasks > slots ? Number.POSITIVE_INFINITY : 0;
  const rank = (holder: Holder) => (Number.isFinite(speed(holder)) ? speed(holder) : unknown);
  return takers
    .map((holder) => ({ holder, at: rank(holder) }))
    .sort((a, b) => compare(b.at, a.at))
    .map(({ holder }) => holder);
}

/** Infinity less itself is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function hasChunk(holder: Holder, task: TaskRecord): boolean {
  return holder.hasSource || task.chunk?.stored === true;
}
