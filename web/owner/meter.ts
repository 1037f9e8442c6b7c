import type { LiveLease } from "../../shared/holder/lease-run.ts";
import { type JobPlan, segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { taskSegments } from "../../shared/job/task-parts.ts";
import type { JobView } from "../../shared/wire/job-view.ts";

const WINDOW_MS = 30_000;

/** Work that has not moved for so long stands still. */
const STALLED_MS = 15_000;
/** The time left follows what is measured within about so long. */
const SETTLES_MS = 5_000;

/** Speed and time left of a job, from how much of its video is made at which time. Pure but for its memory. */
export class ProgressMeter {
  readonly #samples: { atMs: number; madeSeconds: number }[] = [];
  #movedAtMs: number | null = null;
  /** When the job is likely to be done, smoothed. */
  #endMs: number | null = null;
  #updatedAtMs = 0;

  /** Media seconds made a second over the last half minute, all holders; null before there is progress. */
  speed: number | null = null;
  /** Null before it can be told, while nothing moves, and when only checks are left. */
  etaSeconds: number | null = null;
  /** For how long nothing has moved; null while it does. */
  stalledSeconds: number | null = null;

  update(job: JobView, nowMs: number): void {
    const totalSeconds = job.durationTicks / TICKS_PER_SECOND;
    const madeSeconds = madeShare(job) * totalSeconds;
    const last = this.#samples.at(-1);
    this.#samples.push({ atMs: nowMs, madeSeconds });
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) {
      this.#samples.shift();
    }
    if (last === undefined || madeSeconds !== last.madeSeconds) this.#movedAtMs = nowMs;
    const stillMs = nowMs - (this.#movedAtMs ?? nowMs);
    // What is left are checks, which say nothing of how far they are.
    const isMade = job.tasks.every(({ state }) => state === "done" || state === "checking");
    const isStalled = stillMs >= STALLED_MS && !isMade;
    this.stalledSeconds = isStalled ? Math.floor(stillMs / 1000) : null;
    this.#measure(totalSeconds, madeSeconds, nowMs);
    const isTold = !isStalled && !isMade && this.#endMs !== null;
    this.etaSeconds = isTold ? Math.max(1, ((this.#endMs ?? nowMs) - nowMs) / 1000) : null;
  }

  #measure(totalSeconds: number, madeSeconds: number, nowMs: number): void {
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < 1_000 || madeSeconds <= first.madeSeconds)
      return;
    this.speed = (madeSeconds - first.madeSeconds) / ((nowMs - first.atMs) / 1000);
    const endMs = nowMs + ((totalSeconds - madeSeconds) / this.speed) * 1000;
    const passedMs = nowMs - this.#updatedAtMs;
    this.#updatedAtMs = nowMs;
    const follow = this.#endMs === null ? 1 : 1 - Math.exp(-passedMs / SETTLES_MS);
    this.#endMs = (this.#endMs ?? endMs) + (endMs - (this.#endMs ?? endMs)) * follow;
  }
}

/** A result that is being checked may have to be made once more by somebody trusted. */
const CHECKING_SHARE = 0.95;

/** Share of the video work that is done, tasks in work by their progress. */
function madeShare(job: JobView): number {
  let all = 0;
  let made = 0;
  for (const task of job.tasks) {
    if (task.kind !== "video") continue;
    all += task.segmentCount;
    made += shareOf(task) * task.segmentCount;
  }
  return all === 0 ? 0 : made / all;
}

function shareOf({ state, progress }: JobView["tasks"][number]): number {
  if (state === "done") return 1;
  return state === "checking" ? CHECKING_SHARE : Math.min(progress, CHECKING_SHARE);
}

/** So much video says what a device can do; and so much time, or the start would be measured. */
const GAUGE_MEDIA_SECONDS = 1;
const GAUGE_MS = 2_000;

/** The speed of this tab on the actual source, from the first video that it makes. */
export class SpeedGauge {
  #sinceMs: number | null = null;
  /** Media seconds made a second, all slots; null until measured. */
  speed: number | null = null;

  /** @param leases of this tab, first ones of a job */
  update(leases: readonly LiveLease[], plan: JobPlan, nowMs: number): void {
    if (this.speed !== null) return;
    const video = leases.filter(
      ({ taskId, stage }) =>
        stage !== "fetching" &&
        stage !== "queued" &&
        plan.tasks.find(({ id }) => id === taskId)?.kind === "video",
    );
    if (video.length === 0) return;
    // Loading the engine is no part of its speed.
    if (this.#sinceMs === null && video.every(({ progress }) => progress === 0)) return;
    this.#sinceMs ??= nowMs;
    let madeSeconds = 0;
    for (const { taskId, progress } of video) madeSeconds += progress * taskSeconds(plan, taskId);
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < GAUGE_MS) return;
    if (madeSeconds >= GAUGE_MEDIA_SECONDS || elapsedMs > 10 * GAUGE_MS) {
      this.speed = madeSeconds / (elapsedMs / 1000);
    }
  }
}

function taskSeconds(plan: JobPlan, taskId: string): number {
  const task = plan.tasks.find(({ id }) => id === taskId);
  if (task === undefined) return 0;
  const ticks = taskSegments(plan, task).reduce(
    (sum, segment) => sum + segmentDurationTicks(segment),
    0,
  );
  return ticks / TICKS_PER_SECOND;
}
