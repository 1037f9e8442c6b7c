import type { CoordinatorStatus, JobStatus } from "../../shared/wire/job-status.ts";
import type { State } from "./schedule/state/state.ts";
import { coordinatorStatus, strangerStatus } from "./view.ts";

/** The largest age, in milliseconds, of a public view of a job. A change of the job's state renews it at once. */
const FRESH_FOR_MS = 500;

/** Public views of a job, made once for all requests that come at about the same time. */
export class PublicViews {
  readonly #state: State;
  readonly #counts = new Kept(coordinatorStatus);
  readonly #status = new Kept(strangerStatus);

  constructor(state: State) {
    this.#state = state;
  }

  counts(nowMs: number): CoordinatorStatus {
    return this.#counts.of(this.#state, nowMs);
  }

  status(nowMs: number): JobStatus {
    return this.#status.of(this.#state, nowMs);
  }
}

class Kept<T extends { state: string; firstPlayableAtMs: number | null }> {
  readonly #make: (state: State) => T;
  #made: T | null = null;
  #title: string | null = null;
  #madeAtMs = 0;

  constructor(make: (state: State) => T) {
    this.#make = make;
  }

  of(state: State, nowMs: number): T {
    const made = this.#made;
    const isSame =
      made?.state === state.job.state &&
      this.#title === state.job.title &&
      made.firstPlayableAtMs === state.job.firstPlayableAtMs;
    if (made !== null && isSame && Math.abs(nowMs - this.#madeAtMs) < FRESH_FOR_MS) return made;
    this.#made = this.#make(state);
    this.#title = state.job.title;
    this.#madeAtMs = nowMs;
    return this.#made;
  }
}
