import { isForTrusted } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import type { Holder, TaskRecord } from "../state/records.ts";
import { type Auditors, auditorsNow, mayAudit, mayRunAgain } from "../verify/auditors.ts";
import { hasPictureAuditors, isForCore, isTrusted } from "../verify/verifying.ts";
import { type Candidate, type Candidates, hasChunk, isFree } from "./candidates.ts";
import type { Forecast, Progressing } from "./forecast.ts";
import { leasesToPair, type ToPair } from "./pairs.ts";
import { isTrustedTimeShort } from "./reserve.ts";

/** A backup copy must promise to be done in less than this share of what the first one still needs. */
const BACKUP_GAIN = 0.8;
/** Forecasts are not exact: who would be done so little after the end is not too late. */
export const END_SLACK_MS = 250;

/** How many tasks and audits nobody has. */
export interface Open {
  tasks: number;
  audits: number;
}

/** Which candidate is to get a task, an audit, or a copy of what is late. Changes nothing. */
export class Choice {
  readonly #draft: Draft;
  readonly #forecast: Forecast;
  readonly #candidates: Candidates;
  readonly #open: Readonly<Open>;
  #auditors: Auditors | null = null;
  #pairs: ToPair[] | null = null;

  /** @param open read at each choice: its owner counts down what it hands out */
  constructor(draft: Draft, forecast: Forecast, candidates: Candidates, open: Readonly<Open>) {
    this.#draft = draft;
    this.#forecast = forecast;
    this.#candidates = candidates;
    this.#open = open;
  }

  /** The first holder in turn that may make the task. @param inTime only a holder that would not delay the job's end */
  maker(task: TaskRecord, inTime: boolean): Candidate | undefined {
    const isForTrustedOnly = isForTrusted(this.#draft, task);
    return this.#candidates.inTurn().find((each) => {
      if (!this.#mayMake(each, task)) return false;
      if (!isForTrustedOnly && this.#isReserved(each, task)) return false;
      return !inTime || this.#isInTime(each.holder, task.id);
    });
  }

  /** Nobody where an audit is better left for somebody who is busy now. */
  auditor(task: TaskRecord): Candidate | undefined {
    const auditors = this.#whoAudits();
    const candidate = this.#drawn(task, ({ holder }) => {
      return hasChunk(holder, task) && mayAudit(this.#draft, holder, task, auditors);
    });
    if (candidate === undefined || this.#isInTime(candidate.holder, task.id)) return candidate;
    return this.#isWorthWaiting(task, auditors) ? undefined : candidate;
  }

  /** Somebody with nothing else to do, for a second run beside the first one. */
  second(
    task: TaskRecord,
    { lease, remainingMs }: ToPair,
    may: (holder: Holder) => boolean = () => true,
  ): Candidate | undefined {
    const pair = { makerId: lease.holderId, auditors: this.#whoAudits() };
    return this.#drawn(task, (each) => {
      if (!isFree(each) || !may(each.holder) || !this.#mayMake(each, task)) return false;
      // A result of somebody trusted needs no proof: coming first, it would make the other's work vain.
      const doneInMs = this.#forecast.doneInMs(each.holder, task.id);
      if (isTrusted(each.holder) && doneInMs < remainingMs) return false;
      // A trusted holder that is late with this proof would be later still if it began after the first run.
      if (!isTrusted(each.holder) && !this.#isInTime(each.holder, task.id)) return false;
      return mayRunAgain(this.#draft, each.holder, task.verification, pair);
    });
  }

  /** The holder that would be done with a copy first, if that is soon enough to be worth it. */
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

  /** Another auditor for an audit that is late. */
  auditorInstead(task: TaskRecord, { leases }: Progressing): Candidate | undefined {
    const auditors = this.#whoAudits();
    return this.#drawn(task, (candidate) => {
      const { holder } = candidate;
      if (!hasChunk(holder, task) || !this.#isInTime(candidate.holder, task.id)) return false;
      if (leases.some(({ holderId }) => holderId === holder.id)) return false;
      return mayAudit(this.#draft, holder, task, auditors);
    });
  }

  /** Work at hand that is sure to be audited. */
  toPair(): ToPair[] {
    this.#pairs ??= leasesToPair(this.#draft, this.#forecast);
    return this.#pairs;
  }

  /** When everything could be done, in ms from now. */
  endsInMs(): number {
    return this.#forecast.endsInMs(this.#open.tasks + this.#open.audits + this.toPair().length);
  }

  /** Whether somebody who is busy now would be in time with the audit. */
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
   * Somebody trusted, or a contributor by lot among those that would be in time; where nobody would,
   * whoever is done first.
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

  /** Whether the holder's time is for audits. Asked anew after each hand-out, which uses some of it. */
  #isReserved({ holder }: Candidate, task: TaskRecord): boolean {
    const { chunk, verification } = task;
    if (!isTrusted(holder) || verification.excluded.length > 0) return false;
    // Contributors starve for chunks: what the owner makes itself needs no upload.
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
   * Whether a contributor would be in time with the task, now or after what it is at. The end is forecast
   * with trusted holders: where only they would be in time, nobody would ever get what they leave.
   */
  #isForContributors(task: TaskRecord): boolean {
    return this.#forecast.holders().some((holder) => {
      if (isTrusted(holder) || holder.slots === 0 || !this.#isInTime(holder, task.id)) return false;
      return this.#mayDecode(holder, task);
    });
  }

  /** Whether the holder would be done before everything could be, if others made it instead. */
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

  /** A source that the ffmpeg core cannot decode is for the browser's codecs, where somebody can look at the result. */
  #mayDecode(holder: Holder, task: TaskRecord): boolean {
    if (isForCore(this.#draft, task)) return true;
    return holder.engines.includes("webcodecs") && hasPictureAuditors(this.#draft);
  }
}
