import { RENEW_EVERY_MS } from "../../../../shared/wire/protocol.ts";
import type { Draft } from "../state/draft.ts";
import { likelySpeed, type Pace, speed, taskTicks } from "../state/pace.ts";
import { type Holder, isHeard, type Lease, needsHolder } from "../state/records.ts";

/** A heartbeat and a half: who is silent for longer may be gone. */
const QUIET_MS = 1.5 * RENEW_EVERY_MS;
/** Until somebody who does nothing yet has a chunk. */
const FETCH_MS = 1_000;
/** The end is looked for to within this. */
const STEP_MS = 25;

/** A task at work, by whoever would be done with it first. */
export interface Progressing {
  taskId: string;
  leases: Lease[];
  /** Until it is encoded; infinite when nobody who has it was heard of late. */
  remainingMs: number;
  /** Not begun: its only holder is busy with an earlier one. */
  isWaiting: boolean;
}

/** A slot: tasks are made in it one after the other. */
interface Seat {
  holder: Holder;
  freeInMs: number;
  taskMs: number;
}

/**
 * Forecast of the tasks at work, of when each holder is free, and of the end. All times are in ms from now
 * and end with the encoding: upload and gate follow every last task alike.
 */
export class Forecast {
  readonly #draft: Draft;
  readonly #pace: Pace;
  readonly #byTask = new Map<string, Progressing>();
  /** For each holder, when it is done with each of its leases, in the order in which it does them. */
  readonly #queues = new Map<string, number[]>();
  readonly #quiet = new Set<string>();
  #holders: Holder[] | null = null;
  #endsInMs: number | null = null;

  constructor(draft: Draft, pace: Pace) {
    this.#draft = draft;
    this.#pace = pace;
    for (const lease of draft.leases()) if (lease.phase !== "lost") this.#add(lease);
  }

  #add(lease: Lease): void {
    const draft = this.#draft;
    const quietMs = draft.nowMs - (draft.beat(lease.id)?.heardAtMs ?? lease.grantedAtMs);
    const isQuiet = needsHolder(lease) && quietMs > QUIET_MS;
    if (isQuiet) this.#quiet.add(lease.holderId);
    let remainingMs = isQuiet ? Number.POSITIVE_INFINITY : 0;
    let isWaiting = false;
    if (lease.phase === "working") {
      // Leases of one holder come in the order of their grants, and so does its work.
      const queue = this.#queueOf(lease.holderId);
      const slots = Math.max(1, draft.holder(lease.holderId)?.slots ?? 1);
      const waitsMs = queue[queue.length - slots];
      isWaiting = waitsMs !== undefined && (draft.beat(lease.id)?.progress ?? 0) === 0;
      remainingMs += workLeftMs(draft, lease, quietMs, this.#pace) + (waitsMs ?? 0);
      queue.push(remainingMs);
    }
    const known = this.#byTask.get(lease.taskId);
    if (known === undefined) {
      const { taskId } = lease;
      this.#byTask.set(taskId, { taskId, leases: [lease], remainingMs, isWaiting });
    } else {
      known.leases.push(lease);
      known.remainingMs = Math.min(known.remainingMs, remainingMs);
      known.isWaiting = false;
    }
  }

  #queueOf(holderId: string): number[] {
    const known = this.#queues.get(holderId);
    if (known !== undefined) return known;
    const queue: number[] = [];
    this.#queues.set(holderId, queue);
    return queue;
  }

  /** Whether a heartbeat of the holder is overdue. */
  isQuiet(holder: Holder): boolean {
    return this.#quiet.has(holder.id);
  }

  /** Tasks at work, the one that would be done last first. */
  lastFirst(): Progressing[] {
    // Infinity less itself is no number.
    return [...this.#byTask.values()].sort((a, b) =>
      a.remainingMs === b.remainingMs ? 0 : a.remainingMs < b.remainingMs ? 1 : -1,
    );
  }

  /** When the holder would be done with one task more; infinite while nobody's speed is known. */
  doneInMs(holder: Holder, taskId: string): number {
    const pace = likelySpeed(holder, this.#pace);
    if (pace <= 0) return Number.POSITIVE_INFINITY;
    return this.#freeInMs(holder) + taskTicks(this.#draft, taskId) / pace;
  }

  #freeInMs(holder: Holder): number {
    const queue = this.#queues.get(holder.id) ?? [];
    return queue[queue.length - holder.slots] ?? (holder.hasSource ? 0 : FETCH_MS);
  }

  /** The holder got a lease. */
  give(holder: Holder, taskId: string): void {
    const doneInMs = this.doneInMs(holder, taskId);
    this.#queueOf(holder.id).push(doneInMs);
  }

  /**
   * When everything could be done: each task that nobody has, and each that is at work with somebody
   * who would be done later than that, is made by who makes it first. Infinite while nobody's speed is known.
   */
  endsInMs(toDo: number): number {
    this.#endsInMs ??= this.#findEnd(toDo);
    return this.#endsInMs;
  }

  #findEnd(toDo: number): number {
    if (this.#pace.ticksAMs <= 0) return Number.POSITIVE_INFINITY;
    const seats = this.#seats(this.#usualTicks());
    const late = [...this.#byTask.values()].map(({ remainingMs }) => remainingMs);
    const isEnough = (ms: number): boolean => {
      let missing = toDo;
      for (const remainingMs of late) if (remainingMs > ms) missing += 1;
      for (const { freeInMs, taskMs } of seats) {
        if (missing <= 0) return true;
        if (ms > freeInMs) missing -= Math.floor((ms - freeInMs) / taskMs);
      }
      return missing <= 0;
    };
    if (seats.length === 0) return Number.POSITIVE_INFINITY;
    let low = 0;
    let high = 1_000;
    while (!isEnough(high)) [low, high] = [high, 2 * high];
    while (high - low > STEP_MS) {
      const middle = (low + high) / 2;
      if (isEnough(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  /** How many whole tasks these holders could make until then. */
  madeBy(ms: number, who: (holder: Holder) => boolean): number {
    let made = 0;
    for (const { holder, freeInMs, taskMs } of this.#seats(this.#usualTicks())) {
      if (who(holder) && ms > freeInMs) made += Math.floor((ms - freeInMs) / taskMs);
    }
    return made;
  }

  /** Ticks of a task as most of them are. */
  #usualTicks(): number {
    const { readyTasks, remainingTicks } = this.#pace;
    if (readyTasks > 0) return remainingTicks / readyTasks;
    let ticks = 0;
    for (const taskId of this.#byTask.keys())
      ticks = Math.max(ticks, taskTicks(this.#draft, taskId));
    return ticks;
  }

  /** Holders that are here and take work, or are at it. */
  holders(): Holder[] {
    this.#holders ??= this.#draft.holders().filter((holder) => {
      if (!isHeard(holder) || holder.banned || this.isQuiet(holder)) return false;
      return holder.want > 0 || this.#queues.has(holder.id);
    });
    return this.#holders;
  }

  #seats(ticks: number): Seat[] {
    const seats: Seat[] = [];
    for (const holder of this.holders()) {
      const queue = this.#queues.get(holder.id) ?? [];
      const taskMs = ticks / likelySpeed(holder, this.#pace);
      for (let slot = 1; slot <= holder.slots; slot += 1) {
        const freeInMs = queue[queue.length - slot] ?? (holder.hasSource ? 0 : FETCH_MS);
        seats.push({ holder, freeInMs, taskMs });
      }
    }
    return seats;
  }
}

/**
 * Time that a lease at work still needs, in ms: by its holder's speed, or by its progress where the speed
 * is unknown or wrong.
 */
function workLeftMs(draft: Draft, lease: Lease, quietMs: number, pace: Pace): number {
  const elapsedMs = draft.nowMs - lease.grantedAtMs;
  const progress = draft.beat(lease.id)?.progress ?? 0;
  const byProgressMs =
    progress > 0.05
      ? Math.max(0, ((elapsedMs - quietMs) * (1 - progress)) / progress - quietMs)
      : elapsedMs;
  const holder = draft.holder(lease.holderId);
  const own = holder === undefined ? 0 : likelySpeed(holder, pace);
  if (own <= 0) return byProgressMs;
  const wholeMs = taskTicks(draft, lease.taskId) / own;
  const bySpeedMs = Math.max(0, wholeMs * (1 - progress) - quietMs);
  // The time since the grant may have been spent on waiting for the task before.
  const isSlow = elapsedMs > 2.5 * wholeMs || holder === undefined;
  if (!isSlow && Number.isFinite(speed(holder))) return bySpeedMs;
  return Math.max(bySpeedMs, byProgressMs);
}
