import * as Comlink from "comlink";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import {
  fromWireError,
  isWireError,
  TributaryError,
  toWireError,
} from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import type {
  CompareRequest,
  FfmpegSource,
  TranscodeRequest,
  TranscodeWorkerApi,
  WorkerSetup,
} from "./api.ts";
import { loadFfmpegCore } from "./ffmpeg-core.ts";

/**
 * So many seconds without a sign of life and the worker is given up. Counted in ticks of this thread,
 * not by the clock: while a laptop sleeps, or this thread waits for a core, the worker does so too.
 */
const STALL_TICKS = 90;
const TICK_MS = 1_000;

type OnProgress = (progress: number, engine: Engine) => void;
type EngineSetup = Omit<WorkerSetup, "lockName">;

/**
 * One Web Worker and the calls to it. comlink alone leaves a call to a dead worker hanging: here every
 * call settles, by answer, by the worker's `error`, by its death (it holds a Web Lock as long as it
 * lives), by silence, or by abort. Cancelling wasm means terminating its worker; the next call starts
 * a new one.
 */
export class WorkerHandle {
  readonly #create: () => Worker;
  readonly #setup: EngineSetup;
  #live: LiveWorker | null = null;

  constructor(create: () => Worker, setup: EngineSetup) {
    this.#create = create;
    this.#setup = setup;
  }

  /** Starts the worker ahead of the first task. */
  async warm(): Promise<void> {
    await this.#start().ready;
  }

  /**
   * `request.chunk` is transferred: the worker owns it after.
   * Codes: those of the engine, WORKER_CRASHED, WORKER_STALLED, ENGINE_UNAVAILABLE.
   */
  transcode(
    request: TranscodeRequest,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MadeTask> {
    return this.#call(onProgress, signal, (api, alive) =>
      api.transcode(Comlink.transfer(request, [request.chunk]), alive),
    );
  }

  /** As `transcode`; the outputs are transferred, too. */
  compare(
    request: CompareRequest,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<PictureVerdict> {
    return this.#call(onProgress, signal, (api, alive) =>
      api.compare(Comlink.transfer(request, [request.chunk, ...request.outputs]), alive),
    );
  }

  async #call<T>(
    onProgress: OnProgress,
    signal: AbortSignal,
    work: (api: LiveWorker["api"], alive: OnProgress) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const live = this.#start();
    let silentTicks = 0;
    const alive = (progress: number, engine: Engine): void => {
      silentTicks = 0;
      onProgress(progress, engine);
    };
    return new Promise<T>((resolve, reject) => {
      const watchdog = setInterval(() => {
        silentTicks += 1;
        if (silentTicks < STALL_TICKS) return;
        fail(new TributaryError("WORKER_STALLED", "An encoder stopped answering."));
      }, TICK_MS);
      const settle = (): void => {
        clearInterval(watchdog);
        signal.removeEventListener("abort", aborted);
      };
      const fail = (error: unknown): void => {
        settle();
        // What a failed task leaves behind in wasm memory is not worth trusting.
        this.#discard(live);
        reject(error);
      };
      const aborted = (): void => fail(signal.reason);
      signal.addEventListener("abort", aborted, { once: true });
      live.died.then(fail);
      live.ready
        .then(() => work(live.api, Comlink.proxy(alive)))
        .then((result) => {
          settle();
          resolve(result);
        })
        .catch((thrown: unknown) => fail(isWireError(thrown) ? fromWireError(thrown) : thrown));
    });
  }

  /** Terminates the worker at once; whatever it was doing rejects with WORKER_CRASHED or the abort. */
  terminate(): void {
    if (this.#live !== null) this.#discard(this.#live);
  }

  #start(): LiveWorker {
    this.#live ??= startWorker(this.#create, this.#setup);
    return this.#live;
  }

  #discard(live: LiveWorker): void {
    live.worker.terminate();
    if (this.#live === live) this.#live = null;
  }
}

interface LiveWorker {
  worker: Worker;
  api: Comlink.Remote<TranscodeWorkerApi>;
  ready: Promise<void>;
  /** Resolves with the error to report, once the worker is gone. */
  died: Promise<TributaryError>;
}

/** As a worker may call it: comlink keeps no error classes. */
async function loadFfmpeg(): Promise<FfmpegSource> {
  try {
    return await loadFfmpegCore();
  } catch (thrown) {
    throw toWireError(thrown);
  }
}

function startWorker(create: () => Worker, setup: EngineSetup): LiveWorker {
  const worker = create();
  const api = Comlink.wrap<TranscodeWorkerApi>(worker);
  const lockName = `tributary-worker-${crypto.randomUUID()}`;
  const crashed = (): TributaryError => new TributaryError("WORKER_CRASHED", "An encoder crashed.");
  let reportDeath = (_: TributaryError): void => {};
  const died = new Promise<TributaryError>((resolve) => {
    reportDeath = resolve;
  });
  worker.addEventListener("error", () => reportDeath(crashed()));
  worker.addEventListener("messageerror", () => reportDeath(crashed()));
  const ready = (async () => {
    await api.setup({ ...setup, lockName }, Comlink.proxy(loadFfmpeg));
    // Granted to us only when the worker that holds it is gone, however it went.
    void navigator.locks.request(lockName, () => reportDeath(crashed()));
  })();
  // Whoever waits for `ready` gets the error; without a waiter it must not be an unhandled one.
  ready.catch(() => {});
  return { worker, api, ready, died };
}
