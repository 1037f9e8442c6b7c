import type { MadeTask } from "../../shared/holder/lease-work.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import type { CompareRequest, EnginePreference, TranscodeRequest } from "./api.ts";
import { WorkerHandle } from "./worker-handle.ts";

/** A slot's task, and its progress, 0..1; idle where `taskId` is null. */
export interface PoolSlot {
  taskId: string | null;
  progress: number;
  /** Engine at work; null while the slot is idle or the engine is not known yet. */
  engine: Engine | null;
}

export interface PoolOptions {
  slots: number;
  preference: EnginePreference;
  /** Slots that make an instance of ffmpeg.wasm before a task asks for it. */
  ffmpegAhead: number;
}

/** The two operations of a pool: transcoding a task, and comparing somebody else's result with the source. */
export type TaskPool = Pick<Pool, "transcode" | "compare">;

/**
 * The tab's encoders: one Web Worker for each slot, with the browser's codecs and single-threaded ffmpeg.wasm.
 * A task that finds no free slot waits for one.
 */
export class Pool {
  readonly #handles: WorkerHandle[];
  readonly #slots: PoolSlot[];
  readonly #onChange: () => void;
  #busyMs = 0;
  readonly #busySinceMs = new Map<number, number>();
  /** Wakes the tasks that wait for a free slot. */
  readonly #waiting: (() => void)[] = [];

  constructor({ slots, preference, ffmpegAhead }: PoolOptions, onChange: () => void) {
    this.#onChange = onChange;
    this.#handles = Array.from(
      { length: slots },
      (_, index) =>
        new WorkerHandle(createTranscodeWorker, { preference, ffmpegAhead: index < ffmpegAhead }),
    );
    this.#slots = Array.from({ length: slots }, () => ({
      taskId: null,
      progress: 0,
      engine: null,
    }));
  }

  slots(): readonly PoolSlot[] {
    return this.#slots;
  }

  /** Time spent on tasks so far, in milliseconds, summed over all slots. */
  busyMs(nowMs: number): number {
    let total = this.#busyMs;
    for (const since of this.#busySinceMs.values()) total += nowMs - since;
    return total;
  }

  /** Starts the workers ahead of the first task. */
  async warm(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.warm()));
  }

  transcode(
    request: TranscodeRequest,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<MadeTask> {
    return this.#inSlot(request, onProgress, signal, (handle, tell) =>
      handle.transcode(request, tell, signal),
    );
  }

  /** Compares somebody else's result with the source. */
  compare(
    request: CompareRequest,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<PictureVerdict> {
    return this.#inSlot(request, onProgress, signal, (handle, tell) =>
      handle.compare(request, tell, signal),
    );
  }

  async #inSlot<T>(
    request: TranscodeRequest,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
    work: (handle: WorkerHandle, tell: (progress: number, engine: Engine) => void) => Promise<T>,
  ): Promise<T> {
    const index = await this.#claimSlot(request.grant.task.id, signal);
    const handle = this.#handles[index];
    const slot = this.#slots[index];
    if (handle === undefined || slot === undefined) {
      throw new TributaryError("INTERNAL", "A pool without slots was given a task.");
    }
    this.#busySinceMs.set(index, performance.now());
    this.#onChange();
    try {
      return await work(handle, (progress, engine) => {
        slot.progress = progress;
        slot.engine = engine;
        onProgress(progress);
      });
    } finally {
      this.#busyMs += performance.now() - (this.#busySinceMs.get(index) ?? performance.now());
      this.#busySinceMs.delete(index);
      slot.taskId = null;
      slot.progress = 0;
      slot.engine = null;
      for (const wake of this.#waiting.splice(0)) wake();
      this.#onChange();
    }
  }

  /** @returns the index of the claimed slot; -1 where the pool has no slots */
  async #claimSlot(taskId: string, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const index = this.#slots.findIndex((slot) => slot.taskId === null);
      const slot = this.#slots[index];
      if (slot !== undefined) slot.taskId = taskId;
      if (slot !== undefined || this.#slots.length === 0) return index;
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn.resolve);
      signal.addEventListener("abort", () => turn.resolve(), { once: true });
      await turn.promise;
    }
  }

  terminate(): void {
    for (const handle of this.#handles) handle.terminate();
  }
}

function createTranscodeWorker(): Worker {
  return new Worker(new URL("./transcode.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-encoder",
  });
}
