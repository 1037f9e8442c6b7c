import type { Draft } from "../state/draft.ts";
import { isKnown, type Pace, speed } from "../state/pace.ts";
import type { Holder, TaskRecord } from "../state/records.ts";
import type { Forecast } from "./forecast.ts";

/** A holder that wants work, while it is handed out. */
export interface Candidate {
  holder: Holder;
  /** Its leases that it has not finished encoding. */
  atWork: number;
  leaseIds: string[];
}

/** The holders to be asked in a hand-out: the fastest first, one task each in turn. */
export class Candidates {
  readonly #draft: Draft;
  readonly #all: readonly Candidate[];
  /** In the order in which they are asked. */
  #turn: Candidate[];

  /** @param holders those with free places */
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

  /** Those that would take something more, in the order in which they are asked. */
  inTurn(): readonly Candidate[] {
    return this.#turn;
  }

  /** The candidate goes to the back of the queue, or out of it. */
  took(candidate: Candidate, leaseId: string): void {
    candidate.leaseIds.push(leaseId);
    candidate.atWork += 1;
    this.#turn = this.#turn.filter((other) => other !== candidate);
    if (candidate.leaseIds.length < candidate.holder.want && mayQueue(candidate))
      this.#turn.push(candidate);
  }

  /** Tells all of what they got. */
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

export function isFree({ atWork, holder }: Candidate): boolean {
  return atWork < holder.slots;
}

export function hasChunk(holder: Holder, task: TaskRecord): boolean {
  return holder.hasSource || task.chunk?.stored === true;
}

/** Nothing waits behind a contributor's first task: it may be slow. */
function mayQueue(candidate: Candidate): boolean {
  return isFree(candidate) || isKnown(candidate.holder) || candidate.holder.role !== "contributor";
}

/**
 * The fastest first. Who is not known yet comes before them, to become known; near the end after
 * them: who has made nothing by then may be slow.
 */
function byPace(candidates: readonly Holder[], { readyTasks, slots }: Pace): Holder[] {
  const unknown = readyTasks > slots ? Number.POSITIVE_INFINITY : 0;
  const rank = (holder: Holder) => (isKnown(holder) ? speed(holder) : unknown);
  return candidates
    .map((holder) => ({ holder, at: rank(holder) }))
    .sort((a, b) => compare(b.at, a.at))
    .map(({ holder }) => holder);
}

/** Infinity less itself is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
