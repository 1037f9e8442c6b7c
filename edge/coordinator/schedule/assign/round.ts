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

/** Live leases of one task: the first one, its backup, and one more if that is late, too. */
const MAX_COPIES = 3;

/** One hand-out: what is handed out, in which order, and what follows from it. */
export class Round {
  readonly #draft: Draft;
  readonly #forecast: Forecast;
  readonly #candidates: Candidates;
  readonly #choice: Choice;
  readonly #pictures: boolean;
  readonly #open: Open;
  /** Nobody is in time for so much, nor for more. */
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

  /** Hands a ready task to the first that may take it. */
  give(task: TaskRecord): void {
    // Others may not have the chunk, or may not take the task: better late than never.
    const isForAnybody = task.chunk?.stored === true && task.verification.excluded.length === 0;
    const ticks = taskTicks(this.#draft, task.id);
    if (isForAnybody && ticks >= this.#tooMuchTicks) return;
    const candidate = this.#choice.maker(task, isForAnybody);
    if (candidate !== undefined) {
      this.#open.tasks -= 1;
      this.#giveTo(candidate, task);
    } else if (isForAnybody && !isForTrusted(this.#draft, task)) this.#tooMuchTicks = ticks;
  }

  /** Hands out the audit of a result that is there. Near the end it does not wait behind other work. */
  giveAudit(task: TaskRecord): void {
    const candidate = this.#choice.auditor(task);
    if (candidate === undefined) return;
    this.#open.audits -= 1;
    this.#giveTo(candidate, task);
  }

  /** Idle holders run what is sure to be audited before its first run is over. */
  auditEarly(): void {
    if (this.#open.tasks + this.#open.audits > 0) return;
    this.#pair(() => true);
  }

  /** Trusted holders do so before they take ordinary tasks: only they can prove anything. */
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
   * Tasks that would hold up the end: one that waits behind its holder's present one is taken away
   * and given to who is done with it sooner; of one at work a copy is made, and the first valid
   * result wins.
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

  /** @param first the lease whose run of the task this one is held against */
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
