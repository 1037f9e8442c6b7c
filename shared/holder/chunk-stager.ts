import { md5 } from "@noble/hashes/legacy.js";
import type { Clock } from "../clock.ts";
import { TributaryError, toWireError } from "../job/errors.ts";
import type { JobPlan } from "../job/job.ts";
import { callBackoffMs } from "../retry.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { ChunkInfo, LeaseGrant, Put } from "../wire/lease.ts";
import { type HttpFetch, putPresigned } from "./storage-transfer.ts";

type Stage = Extract<CoordinatorMessage, { type: "stage" | "stage-upload" }>;

/** Makes the chunk of a task; an opened source does. */
export interface ChunkCutter {
  cutChunk(
    grant: Pick<LeaseGrant, "task" | "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<{ info: ChunkInfo; bytes: ArrayBuffer }>;
}

export interface ChunkStagerOptions {
  source: ChunkCutter;
  plan: JobPlan;
  clock: Clock;
  fetch: HttpFetch;
  /** False when there is no connection now. */
  send(message: HolderMessage): boolean;
  onStored(sizeBytes: number): void;
}

/** Each holds a chunk in memory. */
const PARALLEL = 2;
/** An offer without an answer is made again after this; offers are idempotent. */
const OFFER_AGAIN_MS = 20_000;
/** Rounds of fresh URLs for one chunk. */
const ROUNDS = 6;

/**
 * Brings chunks into storage for holders that have no source: cut, hashed, offered, uploaded, said so.
 * Which and when is the coordinator's to say; what is lost with a connection it asks for again.
 */
export class ChunkStager {
  readonly #options: ChunkStagerOptions;
  readonly #queue: string[] = [];
  readonly #active = new Set<string>();
  readonly #waiting = new Map<string, (put: Put | null) => void>();
  readonly #abort = new AbortController();

  constructor(options: ChunkStagerOptions) {
    this.#options = options;
  }

  receive(message: Stage): void {
    if (message.type === "stage-upload") {
      this.#waiting.get(message.taskId)?.(message.put);
      return;
    }
    for (const taskId of message.taskIds) {
      if (!this.#active.has(taskId) && !this.#queue.includes(taskId)) this.#queue.push(taskId);
    }
    this.#next();
  }

  /** Drops everything at once. */
  stop(): void {
    this.#queue.length = 0;
    this.#abort.abort(new TributaryError("CANCELLED", "Staging was stopped."));
  }

  #next(): void {
    while (this.#active.size < PARALLEL) {
      const taskId = this.#queue.shift();
      if (taskId === undefined) return;
      this.#active.add(taskId);
      void this.#stage(taskId).finally(() => {
        this.#active.delete(taskId);
        this.#next();
      });
    }
  }

  async #stage(taskId: string): Promise<void> {
    const { signal } = this.#abort;
    try {
      await this.#bring(taskId, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message, retryable } = toWireError(thrown);
      this.#options.send({
        type: "stage-failed",
        taskId,
        code,
        retryable,
        message: message.slice(0, 500),
      });
    }
  }

  async #bring(taskId: string, signal: AbortSignal): Promise<void> {
    const { plan, source, fetch, clock, send } = this.#options;
    const task = plan.tasks.find(({ id }) => id === taskId);
    if (task === undefined) throw new TributaryError("CHUNK_UNREADABLE", "No such task.");
    const segments = plan.segments.slice(task.firstSegment, task.firstSegment + task.segmentCount);
    const renditions = [...plan.video, ...plan.audio].filter(({ id }) =>
      task.renditions.includes(id),
    );
    const { info, bytes } = await source.cutChunk({ task, segments, renditions }, signal);
    const offer: HolderMessage = {
      type: "stage-offer",
      chunk: info,
      sha256: toHex(await crypto.subtle.digest("SHA-256", bytes)),
      md5: btoa(String.fromCharCode(...md5(new Uint8Array(bytes)))),
    };
    for (let round = 1; ; round += 1) {
      const put = await this.#askForUrl(taskId, offer, signal);
      if (put === null) break;
      try {
        await putPresigned(fetch, put, bytes, signal);
        this.#options.onStored(bytes.byteLength);
        break;
      } catch (thrown) {
        signal.throwIfAborted();
        if (round === ROUNDS) throw thrown;
        const waitMs = callBackoffMs(round, clock.random());
        await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
      }
    }
    send({ type: "staged", taskId });
  }

  /** Offers until it is answered; null when storage has the chunk. Ends by abort. */
  #askForUrl(taskId: string, offer: HolderMessage, signal: AbortSignal): Promise<Put | null> {
    return new Promise((resolve, reject) => {
      let cancelAgain = (): void => {};
      const settle = (): void => {
        cancelAgain();
        this.#waiting.delete(taskId);
        signal.removeEventListener("abort", aborted);
      };
      const aborted = (): void => {
        settle();
        reject(signal.reason);
      };
      const ask = (): void => {
        this.#options.send(offer);
        cancelAgain = this.#options.clock.after(OFFER_AGAIN_MS, ask);
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.#waiting.set(taskId, (put) => {
        settle();
        resolve(put);
      });
      ask();
      if (signal.aborted) aborted();
    });
  }
}

function toHex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
