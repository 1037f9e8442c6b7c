import type { Changes } from "../schedule/state/state.ts";

/**
 * How much video the owner brings to storage, while it is asked for chunks. In memory only: after an
 * eviction it is measured anew.
 */
export class UplinkMeter {
  readonly #waiting = new Set<string>();
  readonly #stored = new Set<string>();
  #busySinceMs: number | null = null;
  #busyMs = 0;
  #ticks = 0;
  readonly #ticksOf: (taskId: string) => number;

  /** @param ticksOf the video of a task, in ticks */
  constructor(ticksOf: (taskId: string) => number) {
    this.#ticksOf = ticksOf;
  }

  take(changes: Changes, nowMs: number): void {
    for (const [id, { staging, chunk }] of changes.tasks) {
      if (staging !== null && staging.dueAtMs !== null) this.#waiting.add(id);
      else if (this.#waiting.delete(id) && chunk?.stored === true && !this.#stored.has(id)) {
        this.#stored.add(id);
        this.#ticks += this.#ticksOf(id);
      }
    }
    if (this.#waiting.size > 0) this.#busySinceMs ??= nowMs;
    else if (this.#busySinceMs !== null) {
      this.#busyMs += nowMs - this.#busySinceMs;
      this.#busySinceMs = null;
    }
  }

  /** Ticks a millisecond; null before there is enough to tell. */
  rate(nowMs: number): number | null {
    const ms = this.#busyMs + (this.#busySinceMs === null ? 0 : nowMs - this.#busySinceMs);
    return this.#stored.size < ENOUGH_CHUNKS || ms <= 0 ? null : this.#ticks / ms;
  }
}

/** The first ones also wait for the tab to get ready. */
const ENOUGH_CHUNKS = 4;
