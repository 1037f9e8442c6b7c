import { dropLease, grantLease, isForTrusted } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import { paceOf, taskTicks } from "../state/pace.ts";
import type { Holder, Lease, TaskRecord } from "../state/records.ts";
import {
  type Auditors,
  auditorsNow,
  auditRank,
  mayAudit,
  mayRunAgain,
} from "../verify/auditors.ts";
import { auditOf, hasPictureAuditors, isTrusted, requiredEngine } from "../verify/verifying.ts";
import { type Candidate, Candidates, hasChunk, isFree } from "./candidates.ts";
import { Forecast, type Progressing } from "./forecast.ts";
import { leasesToPair, mayBePaired, type ToPair } from "./pairs.ts";

/** A backup copy must promise to be done in less than this share of what the first one still needs. */
const BACKUP_GAIN = 0.8;
/** Forecasts are not exact: who would be done so little after the end is not too late. */
const END_SLACK_MS = 250;
/** Live leases of one task: the first one, its backup, and one more if that is late, too. */
const MAX_COPIES = 3;

/** One hand-out: who still wants how much, and what they got. */
export class Round {
  readonly #draft: Draft;
  readonly #forecast: Forecast;
  readonly #candidates: Candidates;
  readonly #pictures: boolean;
  /** Tasks and audits that nobody has. */
  #open: number;
  /** Nobody is in time for so much, nor for more. */
  #tooMuchTicks = Number.POSITIVE_INFINITY;
  /** Of these, audits. */
  #audits: number;
  #auditors: Auditors | null = null;
  #pairs: ToPair[] | null = null;

  /** @param open how many tasks and audits nobody has */
  constructor(draft: Draft, holders: readonly Holder[], open: { tasks: number; audits: number }) {
    this.#draft = draft;
    const pace = paceOf(draft);
    this.#forecast = new Forecast(draft, pace);
    this.#candidates = new Candidates(draft, holders, { pace, forecast: this.#forecast });
    this.#pictures = hasPictureAuditors(draft);
    this.#open = open.tasks + open.audits;
    this.#audits = open.audits;
  }

  isOver(): boolean {
    return this.#candidates.inTurn().length === 0;
  }

  /** Hands a ready task to the first that may take it. */
  give(task: TaskRecord): void {
    // Others may not have the chunk, or may not take the task: better late than never.
    const isForAnybody = task.chunk?.stored === true && task.verification.excluded.length === 0;
    const ticks = taskTicks(this.#draft, task.id);
    if (isForAnybody && ticks >= this.#tooMuchTicks) return;
    const candidate = this.#candidates.inTurn().find((each) => {
      return this.#mayMake(each, task) && (!isForAnybody || this.#isInTime(each, task.id));
    });
    if (candidate !== undefined) {
      this.#open -= 1;
      this.#giveTo(candidate, task);
    } else if (isForAnybody && !isForTrusted(this.#draft, task)) this.#tooMuchTicks = ticks;
  }

  /** Hands out the audit of a result that is there. Near the end it does not wait behind other work. */
  giveAudit(task: TaskRecord): void {
    const auditors = this.#whoAudits();
    const may = ({ holder }: Candidate) => {
      return hasChunk(holder, task) && mayAudit(this.#draft, holder, task, auditors);
    };
    const candidate = this.#drawn(task, may);
    if (candidate === undefined) return;
    if (!this.#isInTime(candidate, task.id) && this.#isWorthWaiting(task, auditors)) return;
    this.#open -= 1;
    this.#audits -= 1;
    this.#giveTo(candidate, task);
  }

  /** Who has nothing else to do runs what is sure to be audited before its first run is over. */
  auditEarly(): void {
    if (this.#open > 0 || this.isOver()) return;
    const draft = this.#draft;
    const auditors = this.#whoAudits();
    for (const { lease, remainingMs } of this.#toPair()) {
      if (this.isOver()) return;
      const task = draft.task(lease.taskId);
      if (task === undefined || !mayBePaired(task, lease, draft.nowMs)) continue;
      const pair = { makerId: lease.holderId, auditors };
      const candidate = this.#drawn(task, (each) => {
        if (!isFree(each) || !this.#mayMake(each, task)) return false;
        // A result of somebody trusted needs no proof: coming first, it would make the other's work vain.
        const doneInMs = this.#forecast.doneInMs(each.holder, task.id);
        if (isTrusted(each.holder) && doneInMs < remainingMs) return false;
        return this.#isInTime(each, task.id) && mayRunAgain(draft, each.holder, task, pair);
      });
      if (candidate !== undefined) this.#giveTo(candidate, task, lease);
    }
  }

  /** Whether somebody who is busy now would be in time with the audit. */
  #isWorthWaiting(task: TaskRecord, auditors: Auditors): boolean {
    const endsInMs = this.#endsInMs();
    return this.#forecast.holders().some((holder) => {
      if (!hasChunk(holder, task) || this.#forecast.doneInMs(holder, task.id) > endsInMs)
        return false;
      return mayAudit(this.#draft, holder, task, auditors);
    });
  }

  #toPair(): ToPair[] {
    this.#pairs ??= leasesToPair(this.#draft, this.#forecast);
    return this.#pairs;
  }

  #whoAudits(): Auditors {
    this.#auditors ??= auditorsNow(this.#draft, this.#forecast, {
      waiting: this.#audits + this.#toPair().length + this.#lateAudits(),
      endsInMs: this.#endsInMs(),
    });
    return this.#auditors;
  }

  #isAudit({ taskId }: Lease): boolean {
    return this.#draft.task(taskId)?.done != null;
  }

  #lateAudits(): number {
    const endsInMs = this.#endsInMs();
    return this.#forecast.lastFirst().filter(({ leases: [lease], remainingMs }) => {
      return lease?.purpose === "make" && this.#isAudit(lease) && remainingMs > endsInMs;
    }).length;
  }

  /**
   * Somebody trusted, or the contributor with the least audit rank among those that would be in time;
   * where nobody would, whoever is done first.
   */
  #drawn(task: TaskRecord, may: (candidate: Candidate) => boolean): Candidate | undefined {
    let drawn: Candidate | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of this.#candidates.inTurn()) {
      const { holder } = candidate;
      if (!may(candidate)) continue;
      const isInTime = this.#isInTime(candidate, task.id);
      if (isInTime && isTrusted(holder)) return candidate;
      if (!isInTime && !isFree(candidate)) continue;
      const at = isInTime
        ? auditRank(this.#draft, holder, task.id)
        : 1 + this.#forecast.doneInMs(holder, task.id);
      if (at >= least && drawn !== undefined) continue;
      drawn = candidate;
      least = at;
    }
    return drawn;
  }

  /** @param first the lease whose run of the task this one is held against */
  #giveTo(candidate: Candidate, task: TaskRecord, first?: Lease): void {
    const { holder } = candidate;
    const audit = task.done === null ? first && "hash" : auditOf(task);
    const purpose = audit === "picture" ? "compare" : "make";
    const how = { audit: audit ?? null, pictures: this.#pictures };
    const engine = requiredEngine(this.#draft, task, holder, how);
    const { id } = grantLease(this.#draft, task, holder, { purpose, engine });
    if (first !== undefined) {
      this.#draft.moveVerification(task.id, { type: "paired", leaseIds: [first.id, id] });
    }
    this.#forecast.give(holder, task.id);
    this.#candidates.took(candidate, id);
  }

  /** Whether the holder would be done before everything could be, if others made it instead. */
  #isInTime({ holder }: Candidate, taskId: string): boolean {
    const endsInMs = this.#endsInMs();
    if (!Number.isFinite(endsInMs)) return true;
    return this.#forecast.doneInMs(holder, taskId) <= endsInMs + END_SLACK_MS;
  }

  #endsInMs(): number {
    return this.#forecast.endsInMs(this.#open + this.#toPair().length);
  }

  #mayMake({ holder }: Candidate, task: TaskRecord): boolean {
    if (!hasChunk(holder, task) || task.verification.excluded.includes(holder.id)) return false;
    return holder.role !== "contributor" || !isForTrusted(this.#draft, task);
  }

  /**
   * Tasks that would hold up the end: one that waits behind its holder's present one is taken away
   * and given to who is done with it sooner; of one at work a copy is made, and the first valid
   * result wins.
   */
  backUp(): void {
    if (this.#open > this.#audits || this.isOver()) return;
    const draft = this.#draft;
    const endsInMs = this.#endsInMs();
    for (const late of this.#forecast.lastFirst()) {
      if (this.isOver() || late.remainingMs <= endsInMs + END_SLACK_MS) return;
      const task = draft.task(late.taskId);
      const isCompared = late.leases[0]?.purpose === "compare";
      if (task === undefined || isCompared || late.leases.length >= MAX_COPIES) continue;
      const isAudit = task.done !== null;
      if (!isAudit && task.readyAtMs > draft.nowMs) continue;
      const candidate = isAudit ? this.#auditorInstead(task, late) : this.#soonest(task, late);
      if (candidate === undefined) continue;
      if (late.isWaiting) this.#takeAway(late);
      this.#giveTo(candidate, draft.task(task.id) ?? task);
    }
  }

  /** Who would be done with a copy first, if that is soon enough to be worth it. */
  #soonest(task: TaskRecord, { leases, remainingMs }: Progressing): Candidate | undefined {
    let soonest: Candidate | undefined;
    let leastMs = remainingMs * BACKUP_GAIN;
    for (const candidate of this.#candidates.inTurn()) {
      const { holder } = candidate;
      if (leases.some(({ holderId }) => holderId === holder.id)) continue;
      const doneInMs = this.#forecast.doneInMs(holder, task.id);
      if (doneInMs >= leastMs || !this.#mayMake(candidate, task)) continue;
      if (!this.#isInTime(candidate, task.id)) continue;
      soonest = candidate;
      leastMs = doneInMs;
    }
    return soonest;
  }

  #auditorInstead(task: TaskRecord, { leases }: Progressing): Candidate | undefined {
    const auditors = this.#whoAudits();
    return this.#drawn(task, (candidate) => {
      const { holder } = candidate;
      if (!hasChunk(holder, task) || !this.#isInTime(candidate, task.id)) return false;
      if (leases.some(({ holderId }) => holderId === holder.id)) return false;
      return mayAudit(this.#draft, holder, task, auditors);
    });
  }

  #takeAway({ leases }: Progressing): void {
    for (const lease of leases) {
      dropLease(this.#draft, lease);
      this.#draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
    }
  }

  end(): void {
    this.#candidates.grant();
  }
}
