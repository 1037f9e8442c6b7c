import type { MadeTask } from "../../shared/holder/lease-work.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { type JobPlan, type Task, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { taskRenditions, taskSegments } from "../../shared/job/task-parts.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { TaskPool } from "../encoder/pool.ts";

/** Most seconds of a video that are encoded before Start is pressed: results take memory, and work takes power. */
export const MOST_SECONDS_AHEAD = 20;

/** Pause after a change of plan: a ladder is changed rung by rung, and each change would end workers at work. */
const SETTLE_MS = 300;
/** Pause before the first task of a file: only choices in the page's address may still change the plan. */
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
  /** Set by the lease that takes the result. */
  onProgress: OnProgress | null;
}

type OnProgress = Parameters<TaskPool["transcode"]>[1];

/**
 * Makes the first tasks of a plan while the person still looks at the page. Nothing leaves the tab before Start: a
 * lease of such a task then takes the result. Failures are ignored, since the lease does the work again.
 */
export class HeadStart {
  #parts: HeadStartParts | null = null;
  readonly #begun = new Map<string, Begun>();
  #next: Task[] = [];
  #atWork = 0;
  /** Whether a task of the present file was begun. */
  #hasBegun = false;
  #settled: ReturnType<typeof setTimeout> | undefined;

  /**
   * Begins, or goes on with another plan: tasks that are the same in both plans are kept, others are discarded.
   * @param parts null: this tab cannot make anything
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

  /** Begins without a pause, because the plan does not change any more. */
  beginNow(): void {
    clearTimeout(this.#settled);
    this.#begin();
  }

  /** Ids of the tasks that were begun and that no lease has taken. */
  get begun(): Set<string> {
    return new Set(this.#begun.keys());
  }

  /** Begins no further tasks; those begun can still be taken. */
  stop(): void {
    clearTimeout(this.#settled);
    this.#next = [];
  }

  /** Discards all tasks. */
  end(): void {
    this.stop();
    this.#parts = null;
    this.#hasBegun = false;
    for (const id of [...this.#begun.keys()]) this.#discard(id);
  }

  /**
   * A pool that takes results made ahead, so that nothing is made twice.
   * @param pool makes tasks that were not begun ahead, or that failed
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

  /** Takes a task's result, only once: a second lease of a task asks for another result. */
  async #take(
    grant: LeaseGrant,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MadeTask | null> {
    const begun = this.#begun.get(grant.task.id);
    // A coordinator may split a task, and keep its id for a part of it.
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

/** Tasks that begin within MOST_SECONDS_AHEAD, in the order in which they are needed. */
function firstTasks({ tasks, segments }: JobPlan): Task[] {
  const mostTicks = MOST_SECONDS_AHEAD * TICKS_PER_SECOND;
  return tasks.filter(({ firstSegment, segmentCount }) => {
    const last = segments[firstSegment + segmentCount - 1];
    return last !== undefined && last.startTicks < mostTicks;
  });
}

/** The grant that a lease of the task would have. */
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

/** Everything that decides a task's outputs, as text. Keys are sorted, so equal recipes give equal texts. */
function recipeOf({ task, segments, renditions }: LeaseGrant): string {
  return JSON.stringify([task, segments, renditions], (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
