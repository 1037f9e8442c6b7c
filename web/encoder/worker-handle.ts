import * as Comlink from "comlink";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import { WorkerLink } from "../worker-link.ts";
import type { CompareRequest, TranscodeRequest, TranscodeWorkerApi, WorkerSetup } from "./api.ts";
import { loadFfmpegCore } from "./ffmpeg-core.ts";

/** Engines report progress at least once a second, but an overloaded machine may be slow. */
const SILENT_TICKS = 90;

type OnProgress = (progress: number, engine: Engine) => void;

/**
 * One slot's Web Worker. Any failure or cancellation ends the worker, and the next call starts a new one: wasm can only
 * be cancelled by terminating its worker, and a failed task may leave wasm memory damaged.
 */
export class WorkerHandle {
  readonly #create: () => Worker;
  readonly #setup: WorkerSetup;
  #live: LiveWorker | null = null;

  constructor(create: () => Worker, setup: WorkerSetup) {
    this.#create = create;
    this.#setup = setup;
  }

  /** Starts the worker ahead of the first task. */
  async warm(): Promise<void> {
    await this.#start().ready;
  }

  /**
   * `request.chunk` is transferred: the worker owns it afterwards.
   * @throws TributaryError those of the engine, ENGINE_UNAVAILABLE, WORKER_CRASHED, WORKER_STALLED,
   * CANCELLED, or the signal's reason
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
    work: (api: Comlink.Remote<TranscodeWorkerApi>, alive: OnProgress) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const live = this.#start();
    const alive = Comlink.proxy<OnProgress>((progress, engine) => {
      live.link.heard();
      onProgress(progress, engine);
    });
    try {
      return await live.link.call(
        async (api) => {
          await live.ready;
          return work(api, alive);
        },
        { signal },
      );
    } catch (thrown) {
      this.#discard(live);
      throw thrown;
    }
  }

  /** Ends the worker at once; open calls reject with CANCELLED. */
  terminate(): void {
    if (this.#live !== null) this.#discard(this.#live);
  }

  #start(): LiveWorker {
    if (this.#live !== null) return this.#live;
    const live = startWorker(this.#create, this.#setup);
    this.#live = live;
    // A worker may also die between tasks: the next task starts a new one.
    void live.link.died.then(() => this.#discard(live));
    return live;
  }

  #discard(live: LiveWorker): void {
    live.link.end();
    if (this.#live === live) this.#live = null;
  }
}

interface LiveWorker {
  link: WorkerLink<TranscodeWorkerApi>;
  ready: Promise<void>;
}

function startWorker(create: () => Worker, setup: WorkerSetup): LiveWorker {
  const link = new WorkerLink<TranscodeWorkerApi>(create(), {
    name: "The encoder",
    silentTicks: SILENT_TICKS,
    signs: "heard",
  });
  const ready = link.api.setup(setup, loadFfmpegCore);
  // The first call reports the error. This handler only prevents an unhandled rejection.
  ready.catch(() => {});
  return { link, ready };
}
