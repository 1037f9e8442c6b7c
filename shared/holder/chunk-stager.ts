import type { Clock } from "../clock.ts";
import { TributaryError, toWireError } from "../job/errors.ts";
import type { JobPlan } from "../job/job.ts";
import { taskRenditions, taskSegments } from "../job/task-parts.ts";
import { retry } from "../retry.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { LeaseGrant } from "../wire/lease.ts";
import { digestsOf } from "./digests.ts";
import type { Chunk } from "./lease-work.ts";
import { Question } from "./question.ts";
import type { StorageTransfer } from "./storage-transfer.ts";

type Stage = Extract<CoordinatorMessage, { type: "stage" | "stage-upload" }>;
type StageUpload = Extract<CoordinatorMessage, { type: "stage-upload" }>;

/** A job's source, for lease holders that have it. */
export interface HolderSource {
  /** Makes the chunk of a task. Settles when the signal aborts. */
  cutChunk(
    grant: Pick<LeaseGrant, "task" | "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<Chunk>;
}

export interface ChunkStagerOptions {
  source: HolderSource;
  plan: JobPlan;
  clock: Clock;
  storage: StorageTransfer;
  /** False when there is no connection now. */
  send(message: HolderMessage): boolean;
  /** `isBusy` has changed. */
  onChange(): void;
}

/** Chunks staged at a time; each is held in memory. */
const PARALLEL = 2;
/** Rounds of fresh URLs for one chunk. */
const ROUNDS = 6;

/**
 * Brings chunks into storage for lease holders that have no source: cuts, hashes, offers and uploads each of
 * them, and reports it. The coordinator says which chunks and when. After a lost connection it asks again.
 */
export class ChunkStager {
  readonly #options: ChunkStagerOptions;
  readonly #queue: string[] = [];
  /** Tasks whose chunk is on its way, each with its question to the coordinator. */
  readonly #active = new Map<string, Question<StageUpload>>();
  readonly #abort = new AbortController();

  constructor(options: ChunkStagerOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#active.size > 0;
  }

  receive(message: Stage): void {
    if (message.type === "stage-upload") {
      this.#active.get(message.taskId)?.answer(message);
      return;
    }
    for (const taskId of message.taskIds) {
      if (!this.#active.has(taskId) && !this.#queue.includes(taskId)) this.#queue.push(taskId);
    }
    this.#next();
  }

  /** Sends open questions again after a reconnect, because they may have been lost. */
  reconnected(): void {
    for (const question of this.#active.values()) question.sendAgain();
  }

  /** Drops everything at once. */
  stop(): void {
    this.#queue.length = 0;
    this.#abort.abort(new TributaryError("CANCELLED", "Staging was stopped."));
  }

  #next(): void {
    while (this.#active.size < PARALLEL) {
      const taskId = this.#queue.shift();
      if (taskId === undefined) break;
      const question = new Question<StageUpload>(this.#options);
      this.#active.set(taskId, question);
      void this.#stage(taskId, question).finally(() => {
        this.#active.delete(taskId);
        this.#next();
      });
    }
    this.#options.onChange();
  }

  async #stage(taskId: string, question: Question<StageUpload>): Promise<void> {
    const { signal } = this.#abort;
    try {
      await this.#bring(taskId, question, signal);
    } catch (thrown) {
      // The coordinator knows what it refused itself.
      if (signal.aborted || isRefusal(thrown)) return;
      const { code, message, retryable } = toWireError(thrown);
      const told = message.slice(0, 500);
      this.#options.send({ type: "stage-failed", taskId, code, retryable, message: told });
    }
  }

  async #bring(
    taskId: string,
    question: Question<StageUpload>,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, source, storage, clock, send } = this.#options;
    const task = plan.tasks.find(({ id }) => id === taskId);
    if (task === undefined) throw new TributaryError("CHUNK_UNREADABLE", "No such task.");
    const wanted = {
      task,
      segments: taskSegments(plan, task),
      renditions: taskRenditions(plan, task),
    };
    const { info, bytes } = await source.cutChunk(wanted, signal);
    const offer: HolderMessage = {
      type: "stage-offer",
      chunk: info,
      ...(await digestsOf(new Uint8Array(bytes))),
    };
    const round = async (): Promise<void> => {
      const { put, refused } = await question.ask(offer, isUpload, signal);
      if (refused !== undefined) throw new TributaryError(refused.code, refused.message);
      // Null: storage has the chunk already.
      if (put !== null) await storage.put(put, bytes, signal);
    };
    const isRetryable = (thrown: unknown): boolean => !isRefusal(thrown);
    await retry(round, { clock, signal, tries: ROUNDS, isRetryable });
    send({ type: "staged", taskId });
  }
}

function isRefusal(thrown: unknown): boolean {
  return toWireError(thrown).code === "STORAGE_LIMIT";
}

function isUpload(_answer: StageUpload): _answer is StageUpload {
  return true;
}
