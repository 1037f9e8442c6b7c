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
 * Starts, watches, calls and ends a Web Worker of ours. With comlink alone a call to a dead worker never settles
 * (https://github.com/GoogleChromeLabs/comlink/issues/601); each call through a `WorkerLink` does. The worker's side is
 * `exposeToLink`.
 */

export interface WorkerLinkOptions<Api> extends WatchOptions {
  /**
   * Source of signs of life. "asked": the worker's thread is never blocked for long, so it is pinged every second, also
   * without a call. "heard": calls may block its thread, so only answers and `heard()` count, and silence counts only
   * while a call is open.
   */
  signs: "asked" | "heard";
  /**
   * Milliseconds after which a method called through `api` rejects with TIMEOUT; the worker lives on. Default: no
   * limit; a call then ends at the latest with the worker.
   */
  timeoutsMs?: Partial<Record<keyof Api, number>>;
}

/** A worker's own methods, and those that each worker offers to its link. */
interface LinkedWorker<Api> {
  api: Api;
  /** Resolves when the worker holds this Web Lock; only its end releases it. Null: no locks here. */
  begin(lockName: string | null): Promise<void>;
  ping(): void;
}

/** A link to one worker, which it owns. */
export class WorkerLink<Api extends object> {
  /**
   * The worker's methods; each call settles. Functions among the arguments are called in this thread; all other
   * arguments are cloned.
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
    // Callers may await `ready`; this handler only prevents an unhandled rejection where none does.
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
   * Makes a call that `api` cannot make: with transferred arguments, or with a signal.
   * @param ask must make exactly one call; gets comlink's proxies of the worker's methods
   * @throws TributaryError what the worker threw, WORKER_CRASHED, WORKER_STALLED, SCRIPT_NOT_LOADED,
   * TIMEOUT, CANCELLED (the link was ended), or the signal's reason
   */
  call<T>(ask: (api: Comlink.Remote<Api>) => Promise<T>, options?: CallOptions): Promise<T> {
    return this.#watch.settle(() => ask(this.#remote.api as Comlink.Remote<Api>), options);
  }

  /** Reports a sign of life of the worker, such as progress. */
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
        // Not a thenable: otherwise a promise that resolves to this object would call `then`.
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

/** In a worker: makes `api` callable by the link that started the worker. Errors keep their codes. */
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

/** Makes our errors keep code and class in both directions; comlink alone sends only an error's text. */
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
