import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { videoWorkTicks } from "../../shared/plan/task-work.ts";
import type { Pool } from "../encoder/pool.ts";
import type { HolderSession } from "../holder/session.ts";
import type { TaskWork } from "./end-forecast.ts";
import { ProgressMeter, SpeedGauge } from "./meter.ts";
import type { SlotState, Work } from "./owner-api.ts";
import type { OwnerEvent } from "./state.ts";

/** Measures this tab's work on one job. */
export class JobWork {
  readonly #startedAtMs: number;
  readonly #meter: ProgressMeter;
  /** When the connection was last seen to be open. */
  #heardAtMs: number;
  /** Null before there is a plan. */
  #taskWork: TaskWork | null = null;
  readonly #gauge = new SpeedGauge();
  /** The pool's `busyMs` before this job. */
  readonly #busyMsBefore: number;

  /** @param ahead ids of tasks that were begun before Start */
  constructor(startedAtMs: number, busyMsBefore: number, ahead: ReadonlySet<string>) {
    this.#meter = new ProgressMeter(ahead);
    this.#startedAtMs = startedAtMs;
    this.#busyMsBefore = busyMsBefore;
    this.#heardAtMs = startedAtMs;
  }

  /** Media seconds that all slots of this tab encode per second; null until measured. */
  get ownSpeed(): number | null {
    return this.#gauge.speed;
  }

  /**
   * Reads the present state of session and pool.
   * @param plan null while the tab only watches
   */
  view(
    session: HolderSession,
    pool: Pool | null,
    plan: JobPlan | null,
    nowMs: number,
  ): Omit<Work, "paused"> {
    const { job, connected, overHttp, bytesUploaded } = session;
    if (job !== null) {
      if (plan !== null) this.#taskWork ??= taskWorkOf(plan);
      this.#meter.update(job, nowMs, liveOf(session), this.#taskWork);
    }
    if (plan !== null) this.#gauge.update(session.leases(), plan, nowMs);
    const slotMs = (nowMs - this.#startedAtMs) * (pool?.slots().length ?? 0);
    const busyMs = Math.max(0, (pool?.busyMs(nowMs) ?? 0) - this.#busyMsBefore);
    const { share, speed, etaSeconds, stalledSeconds } = this.#meter;
    if (connected) this.#heardAtMs = nowMs;
    const silentMs = nowMs - this.#heardAtMs;
    return {
      job,
      share,
      connected,
      overHttp,
      bytesUploaded,
      disconnectedSeconds: connected ? null : Math.floor(silentMs / 1000),
      speed,
      etaSeconds: connected ? etaSeconds : null,
      stalledSeconds: connected ? stalledSeconds : null,
      slots: describeSlots(session, pool),
      busyShare: slotMs === 0 ? 0 : Math.min(1, busyMs / slotMs),
    };
  }
}

function taskWorkOf(plan: JobPlan): TaskWork {
  const video = plan.tasks.filter(({ kind }) => kind === "video");
  return new Map(video.map((task) => [task.id, videoWorkTicks(plan, task) / TICKS_PER_SECOND]));
}

/** Progress of this tab's leases, by task id. */
function liveOf(session: HolderSession): Map<string, number> {
  return new Map(session.leases().map(({ taskId, progress }) => [taskId, progress]));
}

/** How the work ended; null while it goes on. */
export function endOf({ refused, job }: Pick<HolderSession, "refused" | "job">): OwnerEvent | null {
  if (refused !== null) {
    const { code, message, retryable } = refused;
    return { type: "failed", error: { code, message, retryable } };
  }
  if (job?.state === "ready" || job?.state === "cancelled") return { type: job.state };
  if (job?.state !== "failed") return null;
  const error = job.error ?? { code: "TASK_FAILED" as const, message: "The job failed." };
  return { type: "failed", error: { ...error, retryable: false } };
}

function describeSlots(session: HolderSession, pool: Pool | null): SlotState[] {
  // A free slot shows a lease that is being fetched or uploaded.
  const others = session.leases().filter(({ stage }) => stage !== "encoding");
  return (pool?.slots() ?? []).map((slot) => {
    if (slot.taskId !== null) return { state: "encoding", ...slot };
    const lease = others.shift();
    if (lease === undefined) return { state: "idle", ...slot };
    const state = lease.stage === "uploading" ? "uploading" : "fetching";
    return { state, taskId: lease.taskId, progress: lease.progress, engine: null };
  });
}
