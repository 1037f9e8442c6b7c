import * as Comlink from "comlink";
import {
  fromWireError,
  TributaryError,
  toWireError,
  type WireError,
} from "../shared/job/errors.ts";

/**
 * One way to start, watch, ask and end a Web Worker. comlink alone leaves a call to a dead worker
 * hanging (https://github.com/GoogleChromeLabs/comlink/issues/601); every call through a
 * `WorkerLink` settles: by the worker's answer or error, by its death, by silence, by abort or by
 * timeout. The worker's side of it is `exposeToLink`.
 */

const TICK_MS = 1_000;

export interface WorkerLinkOptions<Api> {
  /** Subject of the error sentences: "The encoder". */
  name: string;
  /**
   * Seconds without a sign of life after which the worker is ended with WORKER_STALLED. Counted in
   * ticks of this thread, not by the clock: while a laptop sleeps, or this thread waits for a core,
   * the worker does so too.
   */
  silentTicks: number;
  /**
   * Where signs of life come from. "asked": the worker's thread is never blocked for long, so it is
   * asked every second, call or no call. "heard": calls may block its thread, so only answers and
   * `heard()` count, and silence counts only while a call is open.
   */
  signs: "asked" | "heard";
  /**
   * Milliseconds after which a method called through `api` rejects with TIMEOUT; the worker lives
   * on. Default: no limit but the worker's life.
   */
  timeoutsMs?: Partial<Record<keyof Api, number>>;
}

export interface CallOptions {
  /** The call rejects with its reason; the worker goes on with what it does until it is ended. */
  signal?: AbortSignal | undefined;
  /** The call rejects with TIMEOUT after this many milliseconds; default: no limit. */
  timeoutMs?: number | undefined;
}

/** What a worker offers every link, beside its own methods. */
interface LinkedWorker<Api> {
  api: Api;
  /** Resolves when the worker holds this Web Lock; only its end releases it. Null: no locks here. */
  begin(lockName: string | null): Promise<void>;
  ping(): void;
}

export class WorkerLink<Api extends object> {
  /**
   * The worker's methods, each as a call that settles. Functions among the arguments are called in
   * this thread; everything else is cloned.
   */
  readonly api: Api;
  /** Resolves when the worker has started; rejects when it cannot. */
  readonly ready: Promise<void>;
  /**
   * Resolves once, when the worker died by itself, with WORKER_CRASHED or WORKER_STALLED; never
   * after `end()`.
   */
  readonly died: Promise<TributaryError>;
  readonly #options: WorkerLinkOptions<Api>;
  readonly #worker: Worker;
  readonly #remote: Comlink.Remote<LinkedWorker<Api>>;
  readonly #watchdog: ReturnType<typeof setInterval>;
  readonly #openCalls = new Set<(error: TributaryError) => void>();
  #reportDeath: (error: TributaryError) => void = () => {};
  /** Set when the worker is gone. */
  #over: TributaryError | null = null;
  #silentTicks = 0;
  #pinging = false;

  /** @param worker just made; the link owns it from now on */
  constructor(worker: Worker, options: WorkerLinkOptions<Api>) {
    this.#worker = worker;
    this.#options = options;
    this.#remote = Comlink.wrap<LinkedWorker<Api>>(worker);
    this.died = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
    worker.addEventListener("error", (event) => {
      // Else it goes on to the thread above this one, as if that had thrown it.
      event.preventDefault();
      this.#die("WORKER_CRASHED", "crashed", event.message);
    });
    worker.addEventListener("messageerror", () => {
      this.#die("WORKER_CRASHED", "sent a message that cannot be read");
    });
    this.#watchdog = setInterval(() => this.#tick(), TICK_MS);
    this.api = this.#settlingApi();
    this.ready = this.#begin();
    // For those who wait for it; without them it is no unhandled rejection.
    this.ready.catch(() => {});
  }

  /**
   * One call that is not as simple as those of `api`: with transferred arguments, or an abort.
   * @param ask must make exactly one call; gets the worker's methods as comlink gives them
   * @throws TributaryError what the worker threw, WORKER_CRASHED, WORKER_STALLED, TIMEOUT, CANCELLED
   * (the link was ended), or the signal's reason
   */
  call<T>(
    ask: (api: Comlink.Remote<Api>) => Promise<T>,
    { signal, timeoutMs }: CallOptions = {},
  ): Promise<T> {
    return this.#settled(() => ask(this.#remote.api as Comlink.Remote<Api>), { signal, timeoutMs });
  }

  /** A sign of life, such as progress, came in. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** Ends the worker at once. Open calls, and all later ones, reject with `reason`. */
  end(reason = new TributaryError("CANCELLED", `${this.#options.name} was ended.`)): void {
    if (this.#over !== null) return;
    this.#over = reason;
    clearInterval(this.#watchdog);
    this.#worker.terminate();
    for (const reject of this.#openCalls) reject(reason);
    this.#openCalls.clear();
  }

  #die(code: "WORKER_CRASHED" | "WORKER_STALLED", how: string, cause?: unknown): void {
    if (this.#over !== null) return;
    const error = new TributaryError(code, `${this.#options.name} ${how}.`, { cause });
    console.warn(error.message, cause ?? "");
    this.end(error);
    this.#reportDeath(error);
  }

  async #begin(): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    const lockName = locks === undefined ? null : `tributary-worker-${crypto.randomUUID()}`;
    await this.#settled(() => this.#remote.begin(lockName), {});
    // Granted only when the worker that holds it is gone, however it went.
    if (lockName !== null) {
      void locks?.request(lockName, () => this.#die("WORKER_CRASHED", "crashed"));
    }
  }

  #settled<T>(ask: () => Promise<T>, { signal, timeoutMs }: CallOptions): Promise<T> {
    if (this.#over !== null) return Promise.reject(this.#over);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#openCalls.size === 0 && this.#options.signs === "heard") this.#silentTicks = 0;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const onTimeout = (): void =>
      reject(new TributaryError("TIMEOUT", `${this.#options.name} did not answer in time.`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    this.#openCalls.add(reject);
    ask().then(resolve, reject);
    return promise.finally(() => {
      this.heard();
      this.#openCalls.delete(reject);
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  }

  #tick(): void {
    if (this.#options.signs === "asked") this.#ping();
    else if (this.#openCalls.size === 0) return;
    this.#silentTicks += 1;
    if (this.#silentTicks > this.#options.silentTicks) {
      this.#die("WORKER_STALLED", "stopped answering");
    }
  }

  #ping(): void {
    if (this.#pinging) return;
    this.#pinging = true;
    void this.#remote.ping().then(() => {
      this.#pinging = false;
      this.heard();
    });
  }

  #settlingApi(): Api {
    type Methods = Record<string | symbol, (...given: unknown[]) => Promise<unknown>>;
    return new Proxy({} as Api, {
      get: (_, method) => {
        // A promise that resolves to this object is no promise of a promise.
        if (method === "then") return undefined;
        return (...given: unknown[]) =>
          this.#settled(
            () => {
              const remote = this.#remote.api as unknown as Methods;
              return (remote[method] as Methods[string])(...given.map(asProxy));
            },
            { timeoutMs: this.#options.timeoutsMs?.[method as keyof Api] },
          );
      },
    });
  }
}

/** In a worker: makes `api` callable by the link that started it. Errors arrive there with their codes. */
export function exposeToLink<Api extends object>(api: Api): void {
  const linked: LinkedWorker<Api> = {
    api,
    begin: (lockName) => (lockName === null ? Promise.resolve() : holdLock(lockName)),
    ping: () => {},
  };
  Comlink.expose(linked);
}

/** In a worker: resolves when the lock is held; only the worker's end releases it. */
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

function asProxy(given: unknown): unknown {
  return typeof given === "function" ? Comlink.proxy(given) : given;
}

keepErrorCodes();

/** comlink sends an error's text and drops its class; in both directions ours keep code and class. */
function keepErrorCodes(): void {
  const original = Comlink.transferHandlers.get("throw");
  if (original === undefined) throw new Error("comlink has no handler for what is thrown.");
  Comlink.transferHandlers.set("throw", {
    canHandle: original.canHandle,
    serialize: (thrown) => [toWireError((thrown as { value: unknown }).value), []],
    deserialize: (wire) => {
      throw fromWireError(wire as WireError);
    },
  });
}
