/** Time and random numbers. They are passed in, because tests and the simulation use their own. */
export interface Clock {
  nowMs(): number;
  /** Calls back once after `ms`; returns a function that prevents it. */
  after(ms: number, callback: () => void): () => void;
  /** A random number in [0, 1). */
  random(): number;
}

export const REAL_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** One timer; setting it again cancels the callback that it was set for before. */
export class Timer {
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#cancel !== null;
  }

  set(ms: number, callback: () => void): void {
    this.clear();
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      callback();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

/** Resolves after `ms` milliseconds, or at once when the signal aborts. It never rejects. */
export function pause({ after }: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = after(ms, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

export interface TimeLimit {
  clock: Clock;
  signal: AbortSignal;
  ms: number;
  /** Makes the reason for the abort when the time is up. */
  error(): Error;
}

/**
 * Runs `work` with a signal that aborts when `signal` does, or with `error()` after `ms` milliseconds.
 * Calling `extend` starts that time anew. `work` has to stop on its signal by itself: nothing here can end it.
 */
export async function within<T>(
  { clock, signal, ms, error }: TimeLimit,
  work: (signal: AbortSignal, extend: () => void) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = new Timer(clock);
  const extend = (): void => timer.set(ms, () => limit.abort(error()));
  extend();
  try {
    return await work(AbortSignal.any([signal, limit.signal]), extend);
  } finally {
    timer.clear();
  }
}
