import type { MadeTask } from "../../shared/holder/lease-work.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { type JobPlan, type Task, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { taskRenditions, taskSegments } from "../../shared/job/task-parts.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { TaskPool } from "../encoder/pool.ts";

/** So much of a video is made before its start is pressed, at most: it is held in memory, and heat. */
export const MOST_SECONDS_AHEAD = 20;

/** A ladder is changed rung by rung, and what is at work ends with its worker: changes may settle first. */
const SETTLE_MS = 300;
/** Where nothing is at work, only what the page's address asks for is waited for. */
const FIRST_SETTLE_MS = 50;

export interface HeadStartParts {
  plan: JobPlan;
  source: Pick<Source, "cutChunk">;
  pool: Pick<TaskPool, "transcode">;
  slots: number;
}

interface Begun {
  recipe: string;
  abort: AbortController;
  made: Promise<MadeTask>;
  progress: number;
  /** Set by the lease that takes it. */
  onProgress: OnProgress | null;
}

type OnProgress = Parameters<TaskPool["transcode"]>[1];

/**
 * The first tasks of a plan, made while the person still looks at the page. Nothing of it leaves the tab;
 * a lease of such a task takes what is there. Failures here are ignored: the lease does the work again.
 */
export class HeadStart {
  #parts: HeadStartParts | null = null;
  readonly #begun = new Map<string, Begun>();
  #next: Task[] = [];
  #atWork = 0;
  /** Something of the present file was begun. */
  #hasBegun = false;
  #settled: ReturnType<typeof setTimeout> | undefined;

  /**
   * Begins, or goes on with another plan: what both plans make alike is kept, the rest is discarded.
   * @param parts null: nothing can be made here
   */
  aim(parts: HeadStartParts | null): void {
    if (parts?.pool !== this.#parts?.pool || parts?.source !== this.#parts?.source) this.end();
    this.#parts = parts;
    const tasks = parts === null ? [] : firstTasks(parts.plan);
    for (const [id, { recipe }] of this.#begun) {
      const task = tasks.find((each) => each.id === id);
      if (parts === null || task === undefined || recipeOf(planned(task, parts)) !== recipe) {
        this.#discard(id);
      }
    }
    this.#next = tasks.filter(({ id }) => !this.#begun.has(id));
    clearTimeout(this.#settled);
    const settleMs = this.#hasBegun ? SETTLE_MS : FIRST_SETTLE_MS;
    this.#settled = setTimeout(() => this.#begin(), settleMs);
  }

  /** The plan is settled: what it begins with is not waited for. */
  beginNow(): void {
    clearTimeout(this.#settled);
    this.#begin();
  }

  /** Ids of the tasks that are begun and not taken. */
  get begun(): Set<string> {
    return new Set(this.#begun.keys());
  }

  /** Begins nothing more; what was begun stays to be taken. */
  stop(): void {
    clearTimeout(this.#settled);
    this.#next = [];
  }

  /** Discards all. */
  end(): void {
    this.stop();
    this.#parts = null;
    this.#hasBegun = false;
    for (const id of [...this.#begun.keys()]) this.#discard(id);
  }

  /**
   * A pool that makes nothing twice.
   * @param pool makes what was not made ahead, or failed at it
   */
  over(pool: TaskPool): TaskPool {
    return {
      compare: (request, onProgress, signal) => pool.compare(request, onProgress, signal),
      transcode: async (request, onProgress, signal) => {
        const made = await this.#take(request.grant, onProgress, signal);
        return made ?? pool.transcode(request, onProgress, signal);
      },
    };
  }

  /** Each is taken once: a second lease of a task asks for another result. */
  async #take(
    grant: LeaseGrant,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MadeTask | null> {
    const begun = this.#begun.get(grant.task.id);
    // A coordinator may split a task, and keep its name for a part.
    if (begun === undefined || begun.recipe !== recipeOf(grant)) return null;
    this.#begun.delete(grant.task.id);
    begun.onProgress = onProgress;
    onProgress(begun.progress);
    const abort = (): void => begun.abort.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const made = await begun.made.catch(() => null);
      signal.throwIfAborted();
      return grant.engine === undefined || grant.engine === made?.engine ? made : null;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #begin(): void {
    const parts = this.#parts;
    while (parts !== null && this.#atWork < parts.slots) {
      const task = this.#next.shift();
      if (task === undefined) return;
      this.#atWork += 1;
      this.#hasBegun = true;
      const abort = new AbortController();
      const grant = planned(task, parts);
      const onProgress: OnProgress = (progress) => {
        begun.progress = progress;
        begun.onProgress?.(progress);
      };
      const made = make(grant, parts, onProgress, abort.signal);
      const begun: Begun = {
        ...{ recipe: recipeOf(grant), abort, made },
        ...{ progress: 0, onProgress: null },
      };
      this.#begun.set(task.id, begun);
      made
        .catch(() => {
          if (this.#begun.get(task.id) === begun) this.#begun.delete(task.id);
        })
        .finally(() => {
          this.#atWork -= 1;
          this.#begin();
        });
    }
  }

  #discard(id: string): void {
    this.#begun.get(id)?.abort.abort();
    this.#begun.delete(id);
  }
}

/** In the order of need. */
function firstTasks({ tasks, segments }: JobPlan): Task[] {
  const mostTicks = MOST_SECONDS_AHEAD * TICKS_PER_SECOND;
  return tasks.filter(({ firstSegment, segmentCount }) => {
    const last = segments[firstSegment + segmentCount - 1];
    return last !== undefined && last.startTicks < mostTicks;
  });
}

/** As a lease of it would be. */
function planned(task: Task, { plan }: Pick<HeadStartParts, "plan">): LeaseGrant {
  return {
    ...{ leaseId: `ahead-${task.id}`, attempt: 1, task },
    segments: taskSegments(plan, task),
    renditions: taskRenditions(plan, task),
    source: plan.source,
    chunk: { from: "local" },
  };
}

async function make(
  grant: LeaseGrant,
  { source, pool }: HeadStartParts,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<MadeTask> {
  const { info, bytes } = await source.cutChunk(grant, signal);
  return pool.transcode({ grant, info, chunk: bytes }, onProgress, signal);
}

/** All that decides what is made; the same text for the same, wherever its parts were parsed. */
function recipeOf({ task, segments, renditions }: LeaseGrant): string {
  return JSON.stringify([task, segments, renditions], (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
