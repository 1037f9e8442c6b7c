import type { LiveLease } from "../../shared/holder/lease-run.ts";
import { type JobPlan, segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { taskSegments } from "../../shared/job/task-parts.ts";
import type { JobView } from "../../shared/wire/job-view.ts";
import { isTrusted, secondsToEnd, type TaskWork, workSecondsOf } from "./end-forecast.ts";
import { SlotSpeedMeter } from "./slot-speeds.ts";

const WINDOW_MS = 30_000;

/** Work without progress for this long counts as stalled. */
const STALLED_MS = 15_000;
/** Most share that is shown until the playlists are written. */
const MOST_BEFORE_READY = 0.99;
/** Time constant with which the shown time left follows the measured one. */
const SETTLES_MS = 2_000;

/** Speed and time left of a job, from the video made over time. It keeps samples, and is otherwise pure. */
export class ProgressMeter {
  readonly #slots: SlotSpeedMeter;
  readonly #samples: { atMs: number; madeSeconds: number }[] = [];
  #movedAtMs: number | null = null;
  /** Sum of the progress of all tasks, audio included. */
  #progress = -1;
  /** When the job is likely to be done, smoothed. */
  #endMs: number | null = null;
  #updatedAtMs = 0;

  /** Media seconds that all holders made per second over the last half minute; null before there is progress. */
  speed: number | null = null;
  /** Time left, with the checks of helpers' results. Null until it can be estimated, and while nothing moves. */
  etaSeconds: number | null = null;
  /** For how long nothing has moved; null while it does. */
  stalledSeconds: number | null = null;

  /** @param ahead ids of tasks that were begun before Start */
  constructor(ahead: ReadonlySet<string> = new Set()) {
    this.#slots = new SlotSpeedMeter(ahead);
  }

  /** 0..1 of the whole work, checks included; never decreases. */
  share = 0;

  /**
   * Takes a new state of the job.
   * @param live progress of this tab's leases, by task id, 0..1
   * @param work work of each video task; null where this tab has no plan
   */
  update(
    job: JobView,
    nowMs: number,
    live: ReadonlyMap<string, number> = new Map(),
    work: TaskWork | null = null,
  ): void {
    const totalSeconds = job.durationTicks / TICKS_PER_SECOND;
    const made = madeShare(job, live, work);
    const madeSeconds = made * totalSeconds;
    this.#samples.push({ atMs: nowMs, madeSeconds });
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) {
      this.#samples.shift();
    }
    const progress = job.tasks.reduce(
      (sum, task) => sum + shareOf(task, live.get(task.id) ?? 0),
      0,
    );
    if (progress !== this.#progress) this.#movedAtMs = nowMs;
    this.#progress = progress;
    const stillMs = nowMs - (this.#movedAtMs ?? nowMs);
    const isMade = job.tasks.every(({ state }) => state === "done" || state === "checking");
    const isStalled = stillMs >= STALLED_MS && !isMade;
    this.stalledSeconds = isStalled ? Math.floor(stillMs / 1000) : null;
    this.#measure(madeSeconds, nowMs);
    this.#slots.update(job, live, work, nowMs);
    this.share =
      job.state === "ready" ? 1 : Math.max(this.share, Math.min(MOST_BEFORE_READY, made));
    const seconds = isStalled
      ? null
      : secondsToEnd(job, this.#slots.speeds, new Map([...live, ...this.#slots.likely]), work);
    if (seconds === null) {
      this.#endMs = null;
      this.etaSeconds = null;
      return;
    }
    const endMs = nowMs + seconds * 1000;
    const follow =
      this.#endMs === null ? 1 : 1 - Math.exp((this.#updatedAtMs - nowMs) / SETTLES_MS);
    this.#updatedAtMs = nowMs;
    this.#endMs = (this.#endMs ?? endMs) + (endMs - (this.#endMs ?? endMs)) * follow;
    this.etaSeconds = Math.max(1, (this.#endMs - nowMs) / 1000);
  }

  #measure(madeSeconds: number, nowMs: number): void {
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < 1_000 || madeSeconds <= first.madeSeconds)
      return;
    this.speed = (madeSeconds - first.madeSeconds) / ((nowMs - first.atMs) / 1000);
  }
}

/** Share by which a task under check counts as done: somebody trusted may have to make it again. */
const CHECKING_SHARE = 0.95;
/** Share by which a helper's unproven result counts as done, because it may have to be made again. */
const UNPROVEN_SHARE = 0.6;

/** Share of the video work that is done; tasks at work count by their progress. */
function madeShare(job: JobView, live: ReadonlyMap<string, number>, work: TaskWork | null): number {
  const secondsOf = workSecondsOf(job, work);
  const helpers = new Set(job.holders.filter((each) => !isTrusted(each)).map(({ id }) => id));
  let all = 0;
  let made = 0;
  for (const task of job.tasks) {
    if (task.kind !== "video") continue;
    all += secondsOf(task);
    const isUnproven = task.state === "checking" && helpers.has(task.holder ?? "");
    const audited = live.get(task.id) ?? 0;
    const share = isUnproven
      ? UNPROVEN_SHARE + audited * (CHECKING_SHARE - UNPROVEN_SHARE)
      : shareOf(task, audited);
    made += share * secondsOf(task);
  }
  return all === 0 ? 0 : made / all;
}

/** @param live progress of this tab's lease of the task; 0 where it has none */
function shareOf({ state, progress }: JobView["tasks"][number], live: number): number {
  if (state === "done") return 1;
  if (state === "checking") return CHECKING_SHARE;
  return state === "leased" ? Math.min(Math.max(live, progress), CHECKING_SHARE) : 0;
}

/** Least media and least time for a measurement of speed; with less, the start would weigh too much. */
const GAUGE_MEDIA_SECONDS = 1;
const GAUGE_MS = 2_000;

/** Measures the speed of this tab on the actual source, from its first video tasks. */
export class SpeedGauge {
  #sinceMs: number | null = null;
  /** Media seconds that all slots encode per second; null until measured. */
  speed: number | null = null;

  /** @param leases this tab's leases */
  update(leases: readonly LiveLease[], plan: JobPlan, nowMs: number): void {
    if (this.speed !== null) return;
    const video = leases.filter(
      ({ taskId, stage }) =>
        stage !== "fetching" &&
        stage !== "queued" &&
        plan.tasks.find(({ id }) => id === taskId)?.kind === "video",
    );
    if (video.length === 0) return;
    // The time in which the engine loads does not count.
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
