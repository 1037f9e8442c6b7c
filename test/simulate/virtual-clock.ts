import type { Clock } from "../../shared/clock.ts";

interface Entry {
  atMs: number;
  /** Entries for the same time run in the order of their creation. */
  order: number;
  callback: (() => void) | null;
}

/** A clock that jumps from event to event. It starts at 0, and the same seed gives the same run. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #made = 0;
  #seed: number;
  /** A binary heap with the earliest entry first. */
  readonly #queue: Entry[] = [];

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    this.#made += 1;
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, ms), order: this.#made, callback };
    this.#push(entry);
    return () => {
      entry.callback = null;
    };
  }

  /** mulberry32: a small seeded generator, good enough for speeds and times. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let mixed = this.#seed;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * Runs the entries in order until `isOver`. Between two entries, all promises that can settle do so.
   * @returns false when it was not over by `limitMs`, or when no entry was left
   */
  async run(isOver: () => boolean, limitMs: number): Promise<boolean> {
    while (!isOver()) {
      const entry = this.#pop();
      if (entry === undefined || entry.atMs > limitMs) return false;
      if (entry.callback === null) continue;
      this.#nowMs = entry.atMs;
      entry.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  #push(entry: Entry): void {
    const queue = this.#queue;
    let index = queue.length;
    queue.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = queue[parent];
      if (above === undefined || isBefore(above, entry)) break;
      queue[index] = above;
      index = parent;
    }
    queue[index] = entry;
  }

  #pop(): Entry | undefined {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      const left = queue[2 * index + 1];
      const right = queue[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      queue[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    queue[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
