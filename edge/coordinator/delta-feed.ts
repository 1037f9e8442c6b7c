import type { JobDelta } from "../../shared/wire/job-view.ts";
import type { JobRecord } from "./schedule/state/records.ts";
import type { Changes, State } from "./schedule/state/state.ts";
import { jobDelta, sourceIsHere } from "./view.ts";

/** The shortest time between two deltas, in milliseconds. */
const EVERY_MS = 1_000;

/**
 * Collects changes and sends them at most once a second, because one message for each change would be too many for a
 * job with many holders. Changes of the job's state, and the first playable segment, are sent at once.
 */
export class DeltaFeed {
  readonly #send: (delta: JobDelta) => void;
  #job = false;
  #tasks = new Set<string>();
  #holders = new Set<string>();
  #hadSource: boolean;
  #toldAtMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param send sends a delta that is due */
  constructor(state: State, send: (delta: JobDelta) => void) {
    this.#send = send;
    this.#hadSource = sourceIsHere(state);
  }

  /** Adds changes that were applied to the state. */
  add(state: State, changes: Changes, before: JobRecord, nowMs: number): void {
    const isTurn = isTurningPoint(before, state.job);
    this.#job ||= changes.job !== null;
    for (const id of changes.tasks.keys()) this.#tasks.add(id);
    for (const id of changes.holders.keys()) this.#holders.add(id);
    for (const id of [...changes.beats.keys(), ...changes.leases.keys()]) {
      const taskId = state.leases.get(id)?.taskId;
      if (taskId !== undefined) this.#tasks.add(taskId);
    }
    const hasSource = changes.holders.size > 0 ? sourceIsHere(state) : this.#hadSource;
    if (hasSource !== this.#hadSource) this.#markReady(state);
    this.#hadSource = hasSource;

    if (!this.#job && this.#tasks.size === 0 && this.#holders.size === 0) return;
    if (isTurn || nowMs - this.#toldAtMs >= EVERY_MS) this.#tell(state, nowMs);
    else this.#timer ??= setTimeout(() => this.#tell(state, Date.now()), EVERY_MS);
  }

  /** Marks everything as changed. After an eviction it is not known what was sent before. */
  addAll(state: State): void {
    this.#job = true;
    for (const id of state.tasks.keys()) this.#tasks.add(id);
    for (const id of state.holders.keys()) this.#holders.add(id);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tell(state: State, nowMs: number): void {
    this.stop();
    const changed = { job: this.#job, tasks: this.#tasks, holders: this.#holders };
    this.#job = false;
    this.#tasks = new Set();
    this.#holders = new Set();
    this.#toldAtMs = nowMs;
    this.#send(jobDelta(state, changed));
  }

  /**
   * The view of a ready task says whether it waits for its chunk. That depends on whether a holder with the source is
   * connected.
   */
  #markReady(state: State): void {
    for (const task of state.tasks.values()) if (task.state === "ready") this.#tasks.add(task.id);
  }
}

function isTurningPoint(before: JobRecord, after: JobRecord): boolean {
  return before.state !== after.state || before.firstPlayableAtMs !== after.firstPlayableAtMs;
}
