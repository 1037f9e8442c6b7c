import { TributaryError } from "../shared/job/errors.ts";

/**
 * Settles calls to a Web Worker, by whatever means they are sent: at the answer or error, at the worker's death or end,
 * after silence, at an abort or a timeout.
 */

const TICK_MS = 1_000;

export interface WatchOptions {
  /** Subject of the error sentences: "The encoder". */
  name: string;
  /**
   * Seconds without a sign of life after which the worker is ended with WORKER_STALLED. They are counted by a timer of
   * this thread, not by the clock: while a laptop sleeps, or this thread waits for a core, the worker also does.
   */
  silentTicks: number;
}

export interface CallOptions {
  /** After an abort the call rejects with the signal's reason; the worker goes on with the call until it is ended. */
  signal?: AbortSignal | undefined;
  /** The call rejects with TIMEOUT after this many milliseconds; default: no limit. */
  timeoutMs?: number | undefined;
}

type Death = "WORKER_CRASHED" | "WORKER_STALLED" | "SCRIPT_NOT_LOADED";

/** Watches one worker and settles the calls to it. */
export class WorkerWatch {
  /**
   * Resolves once, when the worker died by itself, with WORKER_CRASHED, WORKER_STALLED or
   * SCRIPT_NOT_LOADED; never after `end()`.
   */
  readonly died: Promise<TributaryError>;
  readonly #options: WatchOptions;
  readonly #terminate: () => void;
  readonly #ping: (() => Promise<void>) | null;
  readonly #watchdog: ReturnType<typeof setInterval>;
  readonly #openCalls = new Set<(error: TributaryError) => void>();
  #reportDeath: (error: TributaryError) => void = () => {};
  /** Why the worker ended; null while it lives. */
  #over: TributaryError | null = null;
  #silentTicks = 0;
  #pinging = false;

  /**
   * @param terminate ends the worker itself
   * @param ping asks the worker for a sign of life; called every second. Null where calls may block its thread: then
   * only answers and `heard()` count, and silence counts only while a call is open
   */
  constructor(
    options: WatchOptions,
    terminate: () => void,
    ping: (() => Promise<void>) | null = null,
  ) {
    this.#options = options;
    this.#terminate = terminate;
    this.#ping = ping;
    this.died = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
    this.#watchdog = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Runs a call. It rejects with the reason of the worker's end where that comes first; see also the options. */
  async settle<T>(ask: () => Promise<T>, { signal, timeoutMs }: CallOptions = {}): Promise<T> {
    if (this.#over !== null) throw this.#over;
    signal?.throwIfAborted();
    if (this.#openCalls.size === 0 && this.#ping === null) this.#silentTicks = 0;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const onTimeout = (): void =>
      reject(new TributaryError("TIMEOUT", `${this.#options.name} did not answer in time.`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    this.#openCalls.add(reject);
    const answered = (): void => this.heard();
    const call = ask();
    call.then(answered, answered);
    call.then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#openCalls.delete(reject);
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Reports a sign of life of the worker, such as progress. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** Ends the worker after an uncaught error, a script that cannot be loaded or a message that cannot be read. */
  watchErrors(worker: Worker): void {
    worker.addEventListener("error", (event) => {
      // Otherwise the error would propagate to this thread's parent, as if that had thrown it.
      event.preventDefault();
      // Where a script cannot be loaded, the event is a plain one, without ErrorEvent (HTML, "run a worker").
      if (event instanceof ErrorEvent) this.#die("WORKER_CRASHED", "crashed", event.message);
      else this.#die("SCRIPT_NOT_LOADED", "could not be loaded");
    });
    worker.addEventListener("messageerror", () => {
      this.#die("WORKER_CRASHED", "crashed", "A message cannot be read.");
    });
  }

  /**
   * Notices the worker's death at once, whatever its cause.
   * @param lockName a Web Lock that the worker holds
   */
  watchLock(lockName: string): void {
    void navigator.locks.request(lockName, () => this.#die("WORKER_CRASHED", "crashed"));
  }

  /** Ends the worker at once. Open calls, and all later ones, reject with `reason`. */
  end(reason = new TributaryError("CANCELLED", `${this.#options.name} was ended.`)): void {
    if (this.#over !== null) return;
    this.#over = reason;
    clearInterval(this.#watchdog);
    this.#terminate();
    for (const reject of this.#openCalls) reject(reason);
    this.#openCalls.clear();
  }

  #die(code: Death, how: string, cause?: unknown): void {
    if (this.#over !== null) return;
    const error = new TributaryError(code, `${this.#options.name} ${how}.`, { cause });
    console.warn(error.message, cause ?? "");
    this.end(error);
    this.#reportDeath(error);
  }

  #tick(): void {
    if (this.#ping === null && this.#openCalls.size === 0) return;
    if (this.#ping !== null && !this.#pinging) {
      this.#pinging = true;
      void this.#ping().then(() => {
        this.#pinging = false;
        this.heard();
      });
    }
    this.#silentTicks += 1;
    if (this.#silentTicks > this.#options.silentTicks) {
      this.#die("WORKER_STALLED", "stopped answering");
    }
  }
}

/** A new name for the Web Lock that a worker holds as long as it lives; null in a browser without locks. */
export function newLockName(): string | null {
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? null : `tributary-worker-${crypto.randomUUID()}`;
}

/** In a worker: resolves when the worker holds the lock, which only its end releases. */
export function holdLock(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forever = new Promise<never>(() => {});
    navigator.locks
      .request(name, () => {
        resolve();
        return forever;
      })
      .catch(reject);
  });
}
