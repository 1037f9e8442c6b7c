import type { Draft } from "./draft.ts";
import { Forecast, type Progressing } from "./forecast.ts";
import { dropLease, grantLease, isForTrusted } from "./leases.ts";
import { isKnown, type Pace, paceOf, speed, taskTicks } from "./pace.ts";
import type { Audit, Holder, TaskRecord } from "./state.ts";
import { type Auditors, mayAudit } from "./trust.ts";
import { auditOf, hasPictureAuditors, requiredEngine } from "./verifying.ts";

/** A backup copy must promise to be done in less than this share of what the first one still needs. */
const BACKUP_GAIN = 0.8;
/** Forecasts are not exact: who would be done so little after the end is not too late. */
const END_SLACK_MS = 250;
/** Live leases of one task: the first one, its backup, and one more if that is late, too. */
const MAX_COPIES = 3;

/** A holder that wants work, while it is handed out. */
interface Taker {
  holder: Holder;
  /** Its leases that it has not finished encoding. */
  atWork: number;
  leaseIds: string[];
}

/** One hand-out: who still wants how much, and what they got. */
export class Round {
  readonly #draft: Draft;
  readonly #takers: Taker[];
  readonly #pace: Pace;
  readonly #forecast: Forecast;
  readonly #pictures: boolean;
  /** Tasks and audits that nobody has. */
  #open: number;
  /** Nobody is in time for so much, nor for more. */
  #tooMuchTicks = Number.POSITIVE_INFINITY;
  /** In the order in which they are asked. */
  #turn: Taker[];

  constructor(draft: Draft, holders: readonly Holder[], open: number) {
    this.#draft = draft;
    this.#pace = paceOf(draft);
    this.#forecast = new Forecast(draft, this.#pace);
    this.#pictures = hasPictureAuditors(draft);
    this.#open = open;
    const atWork = new Map<string, number>();
    for (const { holderId, phase } of draft.leases()) {
      if (phase === "working") atWork.set(holderId, (atWork.get(holderId) ?? 0) + 1);
    }
    this.#takers = byPace(holders, this.#pace).map((holder) => {
      return { holder, atWork: atWork.get(holder.id) ?? 0, leaseIds: [] };
    });
    this.#turn = this.#takers.filter((taker) => {
      return !this.#forecast.isQuiet(taker.holder) && mayQueue(taker);
    });
  }

  isOver(): boolean {
    return this.#turn.length === 0;
  }

  /** Hands a ready task to the first that may take it. */
  give(task: TaskRecord): void {
    // Others may not have the chunk, or may not take the task: better late than never.
    const isForAnybody = task.chunk?.stored === true && task.notFor.length === 0;
    const ticks = taskTicks(this.#draft, task.id);
    if (isForAnybody && ticks >= this.#tooMuchTicks) return;
    const taker = this.#turn.find((each) => {
      return this.#mayMake(each, task) && (!isForAnybody || this.#isInTime(each, task.id));
    });
    if (taker !== undefined) {
      this.#open -= 1;
      this.#giveTo(taker, task, null);
    } else if (isForAnybody && !isForTrusted(this.#draft, task)) this.#tooMuchTicks = ticks;
  }

  /** Hands an audit to the first that may make it. Near the end it does not wait behind other work. */
  giveAudit(task: TaskRecord, auditors: Auditors): void {
    const draft = this.#draft;
    const isNearEnd = this.#open <= this.#pace.slots;
    const taker = this.#turn.find((each) => {
      if (!hasChunk(each.holder, task) || (isNearEnd && !isFree(each))) return false;
      return mayAudit(draft, each.holder, task, auditors);
    });
    if (taker === undefined) return;
    this.#open -= 1;
    this.#giveTo(taker, task, auditOf(task));
  }

  #giveTo(taker: Taker, task: TaskRecord, audit: Audit | null): void {
    const { holder, leaseIds } = taker;
    const how = { audit, pictures: this.#pictures };
    const engine = requiredEngine(this.#draft, task, holder, how);
    leaseIds.push(grantLease(this.#draft, task, holder, { audit, engine }).id);
    taker.atWork += 1;
    this.#forecast.give(holder, task.id);
    // To the back of the queue, or out of it.
    this.#turn = this.#turn.filter((other) => other !== taker);
    if (leaseIds.length < holder.want && mayQueue(taker)) this.#turn.push(taker);
  }

  /** Whether the holder would be done before everything could be, if others made it instead. */
  #isInTime({ holder }: Taker, taskId: string): boolean {
    const endsInMs = this.#forecast.endsInMs(this.#open);
    if (!Number.isFinite(endsInMs)) return true;
    return this.#forecast.doneInMs(holder, taskId) <= endsInMs + END_SLACK_MS;
  }

  #mayMake({ holder }: Taker, task: TaskRecord): boolean {
    if (!hasChunk(holder, task) || task.notFor.includes(holder.id)) return false;
    return holder.role !== "contributor" || !isForTrusted(this.#draft, task);
  }

  /**
   * Tasks that would hold up the end: one that waits behind its holder's present one is taken away
   * and given to who is done with it sooner; of one at work a copy is made, and the first valid
   * result wins.
   */
  backUp(): void {
    if (this.#open > 0) return;
    const draft = this.#draft;
    const endsInMs = this.#forecast.endsInMs(0);
    for (const late of this.#forecast.lastFirst()) {
      if (this.isOver() || late.remainingMs <= endsInMs + END_SLACK_MS) return;
      const task = draft.task(late.taskId);
      if (task?.state !== "leased" || task.readyAtMs > draft.nowMs) continue;
      if (late.leases.length >= MAX_COPIES) continue;
      const taker = this.#soonest(task, late);
      if (taker === undefined) continue;
      if (late.isWaiting) this.#takeAway(late);
      this.#giveTo(taker, draft.task(task.id) ?? task, null);
    }
  }

  /** Who would be done with a copy first, if that is soon enough to be worth it. */
  #soonest(task: TaskRecord, { leases, remainingMs }: Progressing): Taker | undefined {
    let soonest: Taker | undefined;
    let leastMs = remainingMs * BACKUP_GAIN;
    for (const taker of this.#turn) {
      const { holder } = taker;
      if (leases.some(({ holderId }) => holderId === holder.id)) continue;
      const doneInMs = this.#forecast.doneInMs(holder, task.id);
      if (doneInMs >= leastMs || !this.#mayMake(taker, task)) continue;
      if (!this.#isInTime(taker, task.id)) continue;
      soonest = taker;
      leastMs = doneInMs;
    }
    return soonest;
  }

  #takeAway({ leases }: Progressing): void {
    for (const lease of leases) {
      dropLease(this.#draft, lease);
      this.#draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
    }
  }

  end(): void {
    const draft = this.#draft;
    for (const { holder, leaseIds } of this.#takers) {
      const { connectionId } = holder;
      if (leaseIds.length === 0 || connectionId === null) continue;
      draft.putHolder({ ...holder, want: holder.want - leaseIds.length });
      draft.effects.push({ type: "grant", connectionId, leaseIds });
      if (draft.job.state === "planned") draft.patchJob({ state: "running" });
    }
  }
}

function isFree({ atWork, holder }: Taker): boolean {
  return atWork < holder.slots;
}

/** Nothing waits behind a stranger's first task: it may be slow. */
function mayQueue(taker: Taker): boolean {
  return isFree(taker) || isKnown(taker.holder) || taker.holder.role !== "contributor";
}

/**
 * The fastest first. Who is not known yet comes before them, to become known; near the end after
 * them: who has made nothing by then may be slow.
 */
function byPace(takers: readonly Holder[], { readyTasks, slots }: Pace): Holder[] {
  const unknown = readyTasks > slots ? Number.POSITIVE_INFINITY : 0;
  const rank = (holder: Holder) => (isKnown(holder) ? speed(holder) : unknown);
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
