/** Time and chance, handed in: tests and the simulation have their own. */
export interface Clock {
  nowMs(): number;
  /** Calls back once after `ms`; returns a function that prevents it. */
  after(ms: number, callback: () => void): () => void;
  /** In [0, 1). */
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

/** One timer: setting it again cancels what it was set for before. */
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

/** Resolves after `ms`, or at once when aborted. */
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

/**
 * Runs `work` with a signal that aborts with `signal`, or after `ms`. The timer is gone afterwards.
 * It is for the work to heed its signal: nothing here can end it.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(ms, () => timeout.abort());
  try {
    return await work(AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancel();
  }
}
