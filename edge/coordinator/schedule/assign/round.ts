import { dropLease, grantLease, isForTrusted } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import { paceOf, taskTicks } from "../state/pace.ts";
import type { Holder, Lease, TaskRecord } from "../state/records.ts";
import {
  auditOf,
  canComparePictures,
  hasPictureAuditors,
  isTrusted,
  requiredEngine,
} from "../verify/verifying.ts";
import { type Candidate, Candidates, isFree } from "./candidates.ts";
import { Choice, END_SLACK_MS, type Open } from "./choice.ts";
import { Forecast, type Progressing } from "./forecast.ts";
import { mayBePaired } from "./pairs.ts";

/** The most live leases of a task: the first one, a backup, and one more if the backup is late, too. */
const MAX_COPIES = 3;

/** One round of assignments: what is assigned, in which order, and its consequences. */
export class Round {
  readonly #draft: Draft;
  readonly #forecast: Forecast;
  readonly #candidates: Candidates;
  readonly #choice: Choice;
  readonly #pictures: boolean;
  readonly #open: Open;
  /** No holder is in time with a task of this many ticks or more. */
  #tooMuchTicks = Number.POSITIVE_INFINITY;

  constructor(draft: Draft, holders: readonly Holder[], open: Readonly<Open>) {
    this.#draft = draft;
    const pace = paceOf(draft);
    this.#forecast = new Forecast(draft, pace);
    this.#candidates = new Candidates(draft, holders, { pace, forecast: this.#forecast });
    this.#pictures = hasPictureAuditors(draft);
    this.#open = { ...open };
    this.#choice = new Choice(draft, this.#forecast, this.#candidates, this.#open);
  }

  isOver(): boolean {
    return this.#candidates.inTurn().length === 0;
  }

  /** Assigns a ready task to the first candidate that may take it. */
  give(task: TaskRecord): void {
    // Otherwise few holders have the chunk or may take the task, and a late result is better than none.
    const isForAnybody = task.chunk?.stored === true && task.verification.excluded.length === 0;
    const ticks = taskTicks(this.#draft, task.id);
    if (isForAnybody && ticks >= this.#tooMuchTicks) return;
    const candidate = this.#choice.maker(task, isForAnybody);
    if (candidate !== undefined) {
      this.#open.tasks -= 1;
      this.#giveTo(candidate, task);
    } else if (isForAnybody && !isForTrusted(this.#draft, task)) this.#tooMuchTicks = ticks;
  }

  /** Assigns the audit of an existing result. Near the end of the job it does not wait behind other work. */
  giveAudit(task: TaskRecord): void {
    const candidate = this.#choice.auditor(task);
    if (candidate === undefined) return;
    this.#open.audits -= 1;
    this.#giveTo(candidate, task);
  }

  /** Idle holders begin second runs of tasks that are sure to be audited, before the first runs are over. */
  auditEarly(): void {
    if (this.#open.tasks + this.#open.audits > 0) return;
    this.#pair(() => true);
  }

  /** Trusted holders do the same before they take ordinary tasks, because only they can prove results. */
  auditEarlyByTrusted(): void {
    if (this.#candidates.inTurn().some((each) => isTrusted(each.holder) && isFree(each))) {
      this.#pair(isTrusted);
    }
  }

  #pair(may: (holder: Holder) => boolean): void {
    const draft = this.#draft;
    for (const pair of this.#choice.toPair()) {
      if (this.isOver()) return;
      const { lease } = pair;
      const task = draft.task(lease.taskId);
      if (task === undefined || !mayBePaired(task, lease, draft.nowMs)) continue;
      const candidate = this.#choice.second(task, pair, may);
      if (candidate !== undefined) this.#giveTo(candidate, task, lease);
    }
  }

  /**
   * Handles tasks that would delay the end. A task that waits behind its holder's present one is taken away and given
   * to a holder that would be done sooner. A task at work gets a copy, and the first valid result counts.
   */
  backUp(): void {
    if (this.#open.tasks > 0 || this.isOver()) return;
    const draft = this.#draft;
    const endsInMs = this.#choice.endsInMs();
    for (const late of this.#forecast.lastFirst()) {
      if (this.isOver() || late.remainingMs <= endsInMs + END_SLACK_MS) return;
      const task = draft.task(late.taskId);
      const isCompared = late.leases[0]?.purpose === "compare";
      if (task === undefined || isCompared || late.leases.length >= MAX_COPIES) continue;
      const isAudit = task.done !== null;
      if (!isAudit && task.readyAtMs > draft.nowMs) continue;
      const candidate = isAudit
        ? this.#choice.auditorInstead(task, late)
        : this.#choice.soonest(task, late);
      if (candidate === undefined) continue;
      if (late.isWaiting) this.#takeAway(late);
      this.#giveTo(candidate, draft.task(task.id) ?? task);
    }
  }

  /** @param first the lease of the first run, with whose result this one is compared */
  #giveTo(candidate: Candidate, task: TaskRecord, first?: Lease): void {
    const { holder } = candidate;
    const audit = task.done === null ? first && "hash" : auditOf(task);
    const purpose = audit === "picture" && canComparePictures(holder) ? "compare" : "make";
    const how = { audit: audit ?? null, pictures: this.#pictures };
    const engine = requiredEngine(this.#draft, task, holder, how);
    const { id } = grantLease(this.#draft, task, holder, { purpose, engine });
    if (first !== undefined) {
      this.#draft.moveVerification(task.id, { type: "paired", leaseIds: [first.id, id] });
    }
    this.#forecast.give(holder, task.id);
    this.#candidates.took(candidate, id);
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
