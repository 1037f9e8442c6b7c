import { RENEW_EVERY_MS } from "../../../../shared/wire/protocol.ts";
import type { Draft } from "../state/draft.ts";
import { likelySpeed, type Pace, speed, taskTicks } from "../state/pace.ts";
import { type Holder, isHeard, type Lease, needsHolder } from "../state/records.ts";

/** One and a half heartbeats. A holder that is silent for longer may be gone. */
const QUIET_MS = 1.5 * RENEW_EVERY_MS;
/** Milliseconds until an idle holder has downloaded a chunk. */
const FETCH_MS = 1_000;
/** Precision of the forecast end, in milliseconds. */
const STEP_MS = 25;

/** A task at work. Where it has several leases, the times are of the one that would be done first. */
export interface Progressing {
  taskId: string;
  leases: Lease[];
  /** Milliseconds until it is encoded; infinite when none of its holders was heard lately. */
  remainingMs: number;
  /** Not begun, because its only holder is busy with an earlier task. */
  isWaiting: boolean;
}

/** An encoder slot, which makes one task after the other. Times are in milliseconds. */
interface Seat {
  holder: Holder;
  freeInMs: number;
  taskMs: number;
}

/**
 * Forecasts when the tasks at work are done, when each holder is free, and when the job ends. All times are in
 * milliseconds from now, until the end of the encoding. Upload and gate are left out, because they follow any last
 * task.
 */
export class Forecast {
  readonly #draft: Draft;
  readonly #pace: Pace;
  readonly #byTask = new Map<string, Progressing>();
  /** For each holder: when it will be done with each of its leases, in the order of its work. */
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
      // The leases of one holder come in the order of their grants, which is the order of its work.
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

  /** Tasks at work, sorted by their forecast end; the latest comes first. */
  lastFirst(): Progressing[] {
    // No subtraction, because Infinity - Infinity is NaN.
    return [...this.#byTask.values()].sort((a, b) =>
      a.remainingMs === b.remainingMs ? 0 : a.remainingMs < b.remainingMs ? 1 : -1,
    );
  }

  /** When the holder would be done with one more task; infinite while no holder's speed is known. */
  doneInMs(holder: Holder, taskId: string): number {
    const pace = likelySpeed(holder, this.#pace);
    if (pace <= 0) return Number.POSITIVE_INFINITY;
    return this.#freeInMs(holder) + taskTicks(this.#draft, taskId) / pace;
  }

  #freeInMs(holder: Holder): number {
    const queue = this.#queues.get(holder.id) ?? [];
    return queue[queue.length - holder.slots] ?? (holder.hasSource ? 0 : FETCH_MS);
  }

  /** Notes that the holder got a lease. */
  give(holder: Holder, taskId: string): void {
    const doneInMs = this.doneInMs(holder, taskId);
    this.#queueOf(holder.id).push(doneInMs);
  }

  /**
   * When everything could be done. The free slots make all tasks without a lease, and again those tasks at work whose
   * present holder would be done later than that. Infinite while no holder's speed is known.
   * @param toDo number of tasks and audits without a lease
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

  /** Number of whole tasks that the holders for which `who` is true could make within a time. */
  madeBy(ms: number, who: (holder: Holder) => boolean): number {
    let made = 0;
    for (const { holder, freeInMs, taskMs } of this.#seats(this.#usualTicks())) {
      if (who(holder) && ms > freeInMs) made += Math.floor((ms - freeInMs) / taskMs);
    }
    return made;
  }

  /** Ticks of a typical task. */
  #usualTicks(): number {
    const { readyTasks, remainingTicks } = this.#pace;
    if (readyTasks > 0) return remainingTicks / readyTasks;
    let ticks = 0;
    for (const taskId of this.#byTask.keys())
      ticks = Math.max(ticks, taskTicks(this.#draft, taskId));
    return ticks;
  }

  /** Connected holders that take work or have some. */
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
 * Milliseconds that a lease at work still needs: from its holder's speed, or from its progress where the speed is
 * unknown or wrong.
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
  // Some of the time since the grant may have passed while the holder finished an earlier task.
  const isSlow = elapsedMs > 2.5 * wholeMs || holder === undefined;
  if (!isSlow && Number.isFinite(speed(holder))) return bySpeedMs;
  return Math.max(bySpeedMs, byProgressMs);
}
