import type { JobPlan } from "../../shared/job/job.ts";
import type { PartDecision } from "../encoder/capability.ts";
import { Pool, type TaskPool } from "../encoder/pool.ts";
import { poolFor, preferenceFor, slotCountFor } from "./choices.ts";
import { HeadStart } from "./head-start.ts";
import type { OwnerOptions } from "./owner-api.ts";
import type { PlannedFile } from "./planned-file.ts";
import { withPromise } from "./promised-codecs.ts";

/** Everything that decides which encoders this tab needs. */
export interface EncodersAsked {
  options: OwnerOptions;
  file: PlannedFile | null;
  part: PartDecision["part"];
}

/**
 * The encoders of the owner's tab, where there are any, and the tasks that they make before Start. They are started
 * once for a file and the tab's part in the work.
 */
export class OwnEncoders {
  readonly #onChange: () => void;
  readonly #headStart = new HeadStart();
  #pool: Pool | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Null where this tab encodes nothing. */
  get pool(): Pool | null {
    return this.#pool;
  }

  /** Ids of the tasks that were begun before Start and that no lease has taken. */
  get begun(): Set<string> {
    return this.#headStart.begun;
  }

  /** Starts encoders where there are none yet; existing ones go on unchanged. */
  start({ options, file, part }: EncodersAsked): void {
    const asked = poolFor(options, file?.facts ?? null, part);
    if (asked !== null) this.#pool ??= new Pool(asked, this.#onChange);
  }

  /** As `start`, but also starts their workers before the first task. Ends existing encoders where none are needed. */
  prepare(asked: EncodersAsked): void {
    if (asked.part === "weak") this.end();
    this.start(asked);
    // A failure repeats with the first task, and is reported there.
    this.#pool?.warm().catch(() => {});
  }

  /** Has the existing encoders make the first tasks of the plan from now on. */
  aim({ source, facts }: PlannedFile, plan: JobPlan, options: OwnerOptions): void {
    const pool = this.#pool;
    if (pool === null) return;
    this.#headStart.aim({ plan, source, pool, slots: slotCountFor(options, facts) });
  }

  /** Begins the first tasks without a pause, because the plan does not change any more. */
  beginNow(): void {
    this.#headStart.beginNow();
  }

  /** Begins no further tasks before their leases. */
  stopAhead(): void {
    this.#headStart.stop();
  }

  /** Discards the tasks that were begun before their leases. */
  endAhead(): void {
    this.#headStart.end();
  }

  /**
   * The pool for leases. It takes results made ahead, and adds a notice where ffmpeg had to make a video task for
   * which the browser's codecs were promised. Null where this tab encodes nothing.
   */
  tasks({ options, file }: Pick<EncodersAsked, "options" | "file">): TaskPool | null {
    const pool = this.#pool;
    if (pool === null) return null;
    const preference = preferenceFor(options, file?.facts.fastRefusal ?? null);
    return withPromise(this.#headStart.over(pool), preference);
  }

  end(): void {
    this.#pool?.terminate();
    this.#pool = null;
  }
}
