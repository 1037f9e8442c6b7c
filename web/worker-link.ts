import * as Comlink from "comlink";
import {
  fromWireError,
  type TributaryError,
  toWireError,
  type WireError,
} from "../shared/job/errors.ts";
import {
  type CallOptions,
  holdLock,
  newLockName,
  type WatchOptions,
  WorkerWatch,
} from "./worker-watch.ts";

/**
 * One way to start, watch, ask and end a Web Worker of ours. comlink alone leaves a call to a dead
 * worker hanging (https://github.com/GoogleChromeLabs/comlink/issues/601); every call through a
 * `WorkerLink` settles. The worker's side of it is `exposeToLink`.
 */

export interface WorkerLinkOptions<Api> extends WatchOptions {
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

/** Methods that every worker offers its links, besides its own. */
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
  readonly #remote: Comlink.Remote<LinkedWorker<Api>>;
  readonly #watch: WorkerWatch;

  /** @param worker just made; the link owns it from now on */
  constructor(worker: Worker, options: WorkerLinkOptions<Api>) {
    const remote = Comlink.wrap<LinkedWorker<Api>>(worker);
    const ping = options.signs === "asked" ? () => remote.ping() : null;
    const watch = new WorkerWatch(options, () => worker.terminate(), ping);
    watch.watchErrors(worker);
    this.#remote = remote;
    this.#watch = watch;
    this.api = this.#settlingApi(options.timeoutsMs ?? {});
    this.ready = this.#begin();
    // For those who wait for it; without them it is no unhandled rejection.
    this.ready.catch(() => {});
  }

  /**
   * Resolves once, when the worker died by itself, with WORKER_CRASHED, WORKER_STALLED or
   * SCRIPT_NOT_LOADED; never after `end()`.
   */
  get died(): Promise<TributaryError> {
    return this.#watch.died;
  }

  /**
   * One call that is not as simple as those of `api`: with transferred arguments, or an abort.
   * @param ask must make exactly one call; gets the worker's methods as comlink gives them
   * @throws TributaryError what the worker threw, WORKER_CRASHED, WORKER_STALLED, SCRIPT_NOT_LOADED,
   * TIMEOUT, CANCELLED (the link was ended), or the signal's reason
   */
  call<T>(ask: (api: Comlink.Remote<Api>) => Promise<T>, options?: CallOptions): Promise<T> {
    return this.#watch.settle(() => ask(this.#remote.api as Comlink.Remote<Api>), options);
  }

  /** A sign of life, such as progress, came in. */
  heard(): void {
    this.#watch.heard();
  }

  /** Ends the worker at once; open calls reject with CANCELLED. */
  end(): void {
    this.#watch.end();
  }

  async #begin(): Promise<void> {
    const lockName = newLockName();
    await this.#watch.settle(() => this.#remote.begin(lockName));
    if (lockName !== null) this.#watch.watchLock(lockName);
  }

  #settlingApi(timeoutsMs: Partial<Record<keyof Api, number>>): Api {
    type Methods = Record<string | symbol, (...given: unknown[]) => Promise<unknown>>;
    return new Proxy({} as Api, {
      get: (_, method) => {
        // A promise that resolves to this object is no promise of a promise.
        if (method === "then") return undefined;
        return (...given: unknown[]) => {
          const methods = this.#remote.api as unknown as Methods;
          const ask = () => (methods[method] as Methods[string])(...given.map(asProxy));
          return this.#watch.settle(ask, { timeoutMs: timeoutsMs[method as keyof Api] });
        };
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
