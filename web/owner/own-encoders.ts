import type { JobPlan } from "../../shared/job/job.ts";
import type { PartDecision } from "../encoder/capability.ts";
import { Pool, type TaskPool } from "../encoder/pool.ts";
import { poolFor, preferenceFor, slotCountFor } from "./choices.ts";
import { HeadStart } from "./head-start.ts";
import type { OwnerOptions } from "./owner-api.ts";
import type { PlannedFile } from "./planned-file.ts";
import { withPromise } from "./promised-codecs.ts";

/** What decides which encoders there are. */
export interface EncodersAsked {
  options: OwnerOptions;
  file: PlannedFile | null;
  part: PartDecision["part"];
}

/**
 * The encoders of the owner's tab, where there are any, and what they make before Start. They are started once for a
 * file and the tab's part of the work.
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

  /** Ids of the tasks that were begun before Start and are not taken. */
  get begun(): Set<string> {
    return this.#headStart.begun;
  }

  /** Starts encoders where there are none yet; those that are there go on as they are. */
  start({ options, file, part }: EncodersAsked): void {
    const asked = poolFor(options, file?.facts ?? null, part);
    if (asked !== null) this.#pool ??= new Pool(asked, this.#onChange);
  }

  /** As `start`, and their workers start before the first task. Ends those that are there where none are needed. */
  prepare(asked: EncodersAsked): void {
    if (asked.part === "weak") this.end();
    this.start(asked);
    // What fails here fails again with the first task, and is reported there.
    this.#pool?.warm().catch(() => {});
  }

  /** The first tasks of the plan are made from now on, by encoders that are there. */
  aim({ source, facts }: PlannedFile, plan: JobPlan, options: OwnerOptions): void {
    const pool = this.#pool;
    if (pool === null) return;
    this.#headStart.aim({ plan, source, pool, slots: slotCountFor(options, facts) });
  }

  /** The plan is settled: what it begins with is not waited for. */
  beginNow(): void {
    this.#headStart.beginNow();
  }

  /** Begins nothing more before its lease. */
  stopAhead(): void {
    this.#headStart.stop();
  }

  /** Discards what was begun before its lease. */
  endAhead(): void {
    this.#headStart.end();
  }

  /** What was begun ahead first, and a word where the browser's codecs do not keep what was promised of them. */
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
