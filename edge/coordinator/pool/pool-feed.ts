import type { Clock } from "../../../shared/clock.ts";
import { hasEnded } from "../../../shared/job/job.ts";
import type { JobReport } from "../../pool/model/messages.ts";
import { taskTicks } from "../schedule/state/pace.ts";
import type { Changes, State } from "../schedule/state/state.ts";
import { poolReport } from "./pool-report.ts";
import { UplinkMeter } from "./uplink.ts";

/** The shortest time between two reports to the pool, in milliseconds. They are sent only after a change. */
export const REPORT_EVERY_MS = 5_000;

export interface PoolFeedOptions {
  clock: Pick<Clock, "nowMs" | "after">;
  send(report: JobReport): void;
}

/** Reports a job's progress to its pool: at once where a member lied or the job has ended, else from time to time. */
export class PoolFeed {
  readonly #state: State;
  readonly #options: PoolFeedOptions;
  readonly #uplink: UplinkMeter;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #lies = 0;
  #isOver = false;
  #cancel: (() => void) | null = null;

  constructor(state: State, options: PoolFeedOptions) {
    this.#state = state;
    this.#options = options;
    this.#uplink = new UplinkMeter((taskId) => taskTicks(state, taskId));
  }

  /** Adds changes that were applied to the state. */
  add(changes: Changes): void {
    const { clock } = this.#options;
    this.#uplink.take(changes, clock.nowMs());
    const isNews = changes.job !== null || changes.tasks.size > 0 || changes.holders.size > 0;
    if (!isNews || this.#isOver) return;
    const isUrgent = hasEnded(this.#state.job.state) || this.#liesNow() > this.#lies;
    const waitMs = this.#toldAtMs + REPORT_EVERY_MS - clock.nowMs();
    if (isUrgent || waitMs <= 0) this.tell();
    else this.#cancel ??= clock.after(waitMs, () => this.tell());
  }

  tell(): void {
    this.stop();
    const { clock, send } = this.#options;
    this.#toldAtMs = clock.nowMs();
    this.#lies = this.#liesNow();
    this.#isOver = hasEnded(this.#state.job.state);
    send(poolReport(this.#state, this.#uplink.rate(clock.nowMs())));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #liesNow(): number {
    return [...this.#state.holders.values()].reduce((sum, { pool }) => sum + (pool?.lies ?? 0), 0);
  }
}
