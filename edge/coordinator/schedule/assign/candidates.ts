import type { Draft } from "../state/draft.ts";
import { isKnown, type Pace, speed } from "../state/pace.ts";
import type { Holder, TaskRecord } from "../state/records.ts";
import type { Forecast } from "./forecast.ts";

/** A holder that wants work, during an assignment round. */
export interface Candidate {
  holder: Holder;
  /** Number of its leases that are not encoded yet. */
  atWork: number;
  leaseIds: string[];
}

/** The holders in an assignment round: the fastest first, one task for each in turn. */
export class Candidates {
  readonly #draft: Draft;
  readonly #all: readonly Candidate[];
  /** Candidates that would take more, in their order. */
  #turn: Candidate[];

  /** @param holders holders with free slots */
  constructor(
    draft: Draft,
    holders: readonly Holder[],
    { pace, forecast }: { pace: Pace; forecast: Forecast },
  ) {
    this.#draft = draft;
    const atWork = new Map<string, number>();
    for (const { holderId, phase } of draft.leases()) {
      if (phase === "working") atWork.set(holderId, (atWork.get(holderId) ?? 0) + 1);
    }
    this.#all = byPace(holders, pace).map((holder) => {
      return { holder, atWork: atWork.get(holder.id) ?? 0, leaseIds: [] };
    });
    this.#turn = this.#all.filter((candidate) => {
      return !forecast.isQuiet(candidate.holder) && mayQueue(candidate);
    });
  }

  /** Candidates that would take more work, in the order in which they get it. */
  inTurn(): readonly Candidate[] {
    return this.#turn;
  }

  /** Notes that a candidate got a lease. It moves to the end of the queue, or leaves it. */
  took(candidate: Candidate, leaseId: string): void {
    candidate.leaseIds.push(leaseId);
    candidate.atWork += 1;
    this.#turn = this.#turn.filter((other) => other !== candidate);
    if (candidate.leaseIds.length < candidate.holder.want && mayQueue(candidate))
      this.#turn.push(candidate);
  }

  /** Sends the candidates their leases. */
  grant(): void {
    const draft = this.#draft;
    for (const { holder, leaseIds } of this.#all) {
      const { connectionId } = holder;
      if (leaseIds.length === 0 || connectionId === null) continue;
      draft.patchHolder(holder.id, ({ want }) => ({ want: want - leaseIds.length }));
      draft.effects.push({ type: "grant", connectionId, leaseIds });
      if (draft.job.state === "planned") draft.patchJob({ state: "running" });
    }
  }
}

/** Whether the candidate has a slot without work. */
export function isFree({ atWork, holder }: Candidate): boolean {
  return atWork < holder.slots;
}

/** Whether the holder can get the task's chunk, from the source or from storage. */
export function hasChunk(holder: Holder, task: TaskRecord): boolean {
  return holder.hasSource || task.chunk?.stored === true;
}

/**
 * Whether a candidate may get a task that waits behind another one. A contributor of unknown speed may not, because it
 * may be slow.
 */
function mayQueue(candidate: Candidate): boolean {
  return isFree(candidate) || isKnown(candidate.holder) || candidate.holder.role !== "contributor";
}

/**
 * Sorts holders by speed, the fastest first. Holders of unknown speed come before them, so that their speed becomes
 * known. Near the end of the job they come last, because a holder without a result by then may be slow.
 */
function byPace(candidates: readonly Holder[], { readyTasks, slots }: Pace): Holder[] {
  const unknown = readyTasks > slots ? Number.POSITIVE_INFINITY : 0;
  const rank = (holder: Holder) => (isKnown(holder) ? speed(holder) : unknown);
  return candidates
    .map((holder) => ({ holder, at: rank(holder) }))
    .sort((a, b) => compare(b.at, a.at))
    .map(({ holder }) => holder);
}

/** Compares numbers without a subtraction: Infinity - Infinity is NaN. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
