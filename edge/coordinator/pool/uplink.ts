import type { Changes } from "../schedule/state/state.ts";

/**
 * Measures how fast the owner uploads chunks while the coordinator is asking for some. Kept only in memory: after an
 * eviction it is measured again.
 */
export class UplinkMeter {
  readonly #waiting = new Set<string>();
  readonly #stored = new Set<string>();
  #busySinceMs: number | null = null;
  #busyMs = 0;
  #ticks = 0;
  readonly #ticksOf: (taskId: string) => number;

  /** @param ticksOf duration of a task, in ticks */
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

  /** Ticks of video per millisecond; null before enough chunks were measured. */
  rate(nowMs: number): number | null {
    const ms = this.#busyMs + (this.#busySinceMs === null ? 0 : nowMs - this.#busySinceMs);
    return this.#stored.size < ENOUGH_CHUNKS || ms <= 0 ? null : this.#ticks / ms;
  }
}

/** The least number of chunks. The first ones also include the time in which the tab gets ready. */
const ENOUGH_CHUNKS = 4;
