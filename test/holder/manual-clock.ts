import type { Clock } from "../../shared/clock.ts";

/** A clock that moves only by `advance`. Timers run in order. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];
  nowMs = () => this.#nowMs;
  random = () => 0.5;
  after = (ms: number, callback: () => void) => {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Number of timers that are still set. */
  get pending(): number {
    return this.#timers.length;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Waits until all pending promise callbacks have run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
