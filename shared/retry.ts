import { type Clock, pause } from "./clock.ts";
import { toWireError } from "./job/errors.ts";

/**
 * Waits after the first, second and third failed attempt. A task is leased again after the first two
 * (its third failure is final); the queue that calls servers uses all three.
 */
export const TASK_BACKOFF_MS = [30_000, 60_000, 90_000] as const;

/**
 * Wait after a task's first failure when there is only one lease holder. Nobody else could take the task
 * meanwhile, and most causes pass at once (a lost connection, a worker that was ended).
 */
const LONE_RETRY_MS = 2_000;

/**
 * Milliseconds to wait before a task is leased again.
 * @param failedAttempts counts from 1
 * @param isLone at most one lease holder is there
 */
export function taskBackoffMs(failedAttempts: number, isLone = false): number {
  if (isLone && failedAttempts <= 1) return LONE_RETRY_MS;
  const last = TASK_BACKOFF_MS.length - 1;
  return TASK_BACKOFF_MS[Math.max(0, Math.min(failedAttempts - 1, last))] ?? 90_000;
}

/**
 * Milliseconds to wait before a call or a connection is tried again: exponential with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param random in [0, 1), injected so that decisions stay pure
 */
export function callBackoffMs(
  failures: number,
  random: number,
  baseMs = 250,
  capMs = 10_000,
): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** Math.max(0, failures - 1)));
}

export interface RetryOptions {
  /** Time and random numbers for the waits. */
  clock: Clock;
  /** Ends a wait at once and allows no further try. A try that is running has to watch the signal itself. */
  signal?: AbortSignal | undefined;
  /** Tries in all, the first one included. */
  tries: number;
  /** Whether another try may help. Default: the error's own `retryable`. */
  isRetryable?(thrown: unknown): boolean;
}

/**
 * Tries `work` until it succeeds, with `callBackoffMs` between two tries.
 * @throws the last try's error, or the first error that is not retryable, or the signal's reason
 */
export async function retry<T>(
  work: () => Promise<T>,
  { clock, signal, tries, isRetryable = isRetryableError }: RetryOptions,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      if (failures >= tries || !isRetryable(thrown)) throw thrown;
    }
    await pause(clock, callBackoffMs(failures, clock.random()), signal);
  }
}

function isRetryableError(thrown: unknown): boolean {
  return toWireError(thrown).retryable;
}
