import { isForTrusted } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import type { Holder, TaskRecord } from "../state/records.ts";
import { type Auditors, auditorsNow, mayAudit, mayRunAgain } from "../verify/auditors.ts";
import { hasPictureAuditors, isForCore, isTrusted } from "../verify/verifying.ts";
import { type Candidate, type Candidates, hasChunk, isFree } from "./candidates.ts";
import type { Forecast, Progressing } from "./forecast.ts";
import { leasesToPair, type ToPair } from "./pairs.ts";
import { isTrustedTimeShort } from "./reserve.ts";

/** A backup copy is made only if it is forecast to need less than this share of the first run's remaining time. */
const BACKUP_GAIN = 0.8;
/** Tolerance for inexact forecasts: a holder that would be done this long after the end still counts as in time. */
export const END_SLACK_MS = 250;

/** Number of tasks and audits without a lease. */
export interface Open {
  tasks: number;
  audits: number;
}

/** Chooses the candidate for a task, an audit, or a copy of a late task. It changes no state. */
export class Choice {
  readonly #draft: Draft;
  readonly #forecast: Forecast;
  readonly #candidates: Candidates;
  readonly #open: Readonly<Open>;
  #auditors: Auditors | null = null;
  #pairs: ToPair[] | null = null;

  /** @param open read at each choice; its owner reduces the counts as it assigns work */
  constructor(draft: Draft, forecast: Forecast, candidates: Candidates, open: Readonly<Open>) {
    this.#draft = draft;
    this.#forecast = forecast;
    this.#candidates = candidates;
    this.#open = open;
  }

  /**
   * The first candidate in turn that may make the task.
   * @param inTime whether only a holder is chosen that would not delay the job's end
   */
  maker(task: TaskRecord, inTime: boolean): Candidate | undefined {
    const isForTrustedOnly = isForTrusted(this.#draft, task);
    return this.#candidates.inTurn().find((each) => {
      if (!this.#mayMake(each, task)) return false;
      if (!isForTrustedOnly && this.#isReserved(each, task)) return false;
      return !inTime || this.#isInTime(each.holder, task.id);
    });
  }

  /** The candidate for an audit; none where it is better to wait for a holder that is busy now. */
  auditor(task: TaskRecord): Candidate | undefined {
    const auditors = this.#whoAudits();
    const candidate = this.#drawn(task, ({ holder }) => {
      return hasChunk(holder, task) && mayAudit(this.#draft, holder, task, auditors);
    });
    if (candidate === undefined || this.#isInTime(candidate.holder, task.id)) return candidate;
    return this.#isWorthWaiting(task, auditors) ? undefined : candidate;
  }

  /** An idle candidate for a second run of a task, in parallel with the first one. */
  second(
    task: TaskRecord,
    { lease, remainingMs }: ToPair,
    may: (holder: Holder) => boolean = () => true,
  ): Candidate | undefined {
    const pair = { makerId: lease.holderId, auditors: this.#whoAudits() };
    return this.#drawn(task, (each) => {
      if (!isFree(each) || !may(each.holder) || !this.#mayMake(each, task)) return false;
      // A trusted holder's result needs no proof. If it came first, the first run would be wasted.
      const doneInMs = this.#forecast.doneInMs(each.holder, task.id);
      if (isTrusted(each.holder) && doneInMs < remainingMs) return false;
      // Contributors must be in time. Trusted holders need not: they would be later still if they began after the first
      // run.
      if (!isTrusted(each.holder) && !this.#isInTime(each.holder, task.id)) return false;
      return mayRunAgain(this.#draft, each.holder, task.verification, pair);
    });
  }

  /** The candidate that would finish a copy first, if that is soon enough to be worthwhile. */
  soonest(task: TaskRecord, { leases, remainingMs }: Progressing): Candidate | undefined {
    let soonest: Candidate | undefined;
    let leastMs = remainingMs * BACKUP_GAIN;
    for (const candidate of this.#candidates.inTurn()) {
      const { holder } = candidate;
      if (leases.some(({ holderId }) => holderId === holder.id)) continue;
      const doneInMs = this.#forecast.doneInMs(holder, task.id);
      if (doneInMs >= leastMs || !this.#mayMake(candidate, task)) continue;
      if (!this.#isInTime(candidate.holder, task.id)) continue;
      soonest = candidate;
      leastMs = doneInMs;
    }
    return soonest;
  }

  /** Another candidate for an audit that is late. */
  auditorInstead(task: TaskRecord, { leases }: Progressing): Candidate | undefined {
    const auditors = this.#whoAudits();
    return this.#drawn(task, (candidate) => {
      const { holder } = candidate;
      if (!hasChunk(holder, task) || !this.#isInTime(candidate.holder, task.id)) return false;
      if (leases.some(({ holderId }) => holderId === holder.id)) return false;
      return mayAudit(this.#draft, holder, task, auditors);
    });
  }

  /** Leases at work whose results are sure to be audited. */
  toPair(): ToPair[] {
    this.#pairs ??= leasesToPair(this.#draft, this.#forecast);
    return this.#pairs;
  }

  /** When everything could be done, in milliseconds from now. */
  endsInMs(): number {
    return this.#forecast.endsInMs(this.#open.tasks + this.#open.audits + this.toPair().length);
  }

  /** Whether a holder that is busy now would still be in time with the audit. */
  #isWorthWaiting(task: TaskRecord, auditors: Auditors): boolean {
    const endsInMs = this.endsInMs();
    return this.#forecast.holders().some((holder) => {
      if (!hasChunk(holder, task) || this.#forecast.doneInMs(holder, task.id) > endsInMs)
        return false;
      return mayAudit(this.#draft, holder, task, auditors);
    });
  }

  #whoAudits(): Auditors {
    this.#auditors ??= auditorsNow(this.#draft);
    return this.#auditors;
  }

  /**
   * A trusted candidate that would be in time; else a contributor, drawn at random among those that would be; else the
   * idle candidate that would be done first.
   */
  #drawn(task: TaskRecord, may: (candidate: Candidate) => boolean): Candidate | undefined {
    let drawn: Candidate | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of this.#candidates.inTurn()) {
      const { holder } = candidate;
      if (!may(candidate)) continue;
      const isInTime = this.#isInTime(candidate.holder, task.id);
      if (isInTime && isTrusted(holder)) return candidate;
      if (!isInTime && !isFree(candidate)) continue;
      const at = isInTime ? this.#draft.random() : 1 + this.#forecast.doneInMs(holder, task.id);
      if (at >= least && drawn !== undefined) continue;
      drawn = candidate;
      least = at;
    }
    return drawn;
  }

  /**
   * Whether the holder's time is reserved for audits. This is decided again after each assignment, which uses some of
   * that time.
   */
  #isReserved({ holder }: Candidate, task: TaskRecord): boolean {
    const { chunk, verification } = task;
    if (!isTrusted(holder) || verification.excluded.length > 0) return false;
    // While contributors wait for chunks, the owner makes tasks that are not uploaded yet. These need no upload then.
    const isStarving = this.#candidates.inTurn().some((each) => {
      return !isTrusted(each.holder) && isFree(each);
    });
    if (chunk?.stored !== true && isStarving) return false;
    const { tasks, audits } = this.#open;
    const isShort = isTrustedTimeShort(this.#draft, this.#forecast, {
      tasks,
      audits: audits + this.toPair().length,
      endsInMs: this.endsInMs(),
    });
    return isShort && this.#isForContributors(task);
  }

  /**
   * Whether a contributor would be in time with the task, now or after its present work. The forecast of the end
   * includes trusted holders. Where only they would be in time, no contributor would ever get a task that they leave.
   */
  #isForContributors(task: TaskRecord): boolean {
    return this.#forecast.holders().some((holder) => {
      if (isTrusted(holder) || holder.slots === 0 || !this.#isInTime(holder, task.id)) return false;
      return this.#mayDecode(holder, task);
    });
  }

  /** Whether the holder would be done with the task by the forecast end of everything. */
  #isInTime(holder: Holder, taskId: string): boolean {
    const endsInMs = this.endsInMs();
    if (!Number.isFinite(endsInMs)) return true;
    return this.#forecast.doneInMs(holder, taskId) <= endsInMs + END_SLACK_MS;
  }

  #mayMake({ holder }: Candidate, task: TaskRecord): boolean {
    if (!hasChunk(holder, task) || task.verification.excluded.includes(holder.id)) return false;
    if (isTrusted(holder)) return true;
    return !isForTrusted(this.#draft, task) && this.#mayDecode(holder, task);
  }

  /**
   * Whether the holder can decode the source. One that the ffmpeg core cannot decode needs the browser's codecs, and a
   * holder that can audit such results by pictures.
   */
  #mayDecode(holder: Holder, task: TaskRecord): boolean {
    if (isForCore(this.#draft, task)) return true;
    return holder.engines.includes("webcodecs") && hasPictureAuditors(this.#draft);
  }
}
