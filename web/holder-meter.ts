import { TICKS_PER_SECOND } from "../shared/job.ts";
import type { JobView } from "../shared/protocol.ts";

const WINDOW_MS = 30_000;

/** Speed and time left of a job, from how much of its video is made at which time. Pure but for its memory. */
export class ProgressMeter {
  readonly #samples: { atMs: number; madeSeconds: number }[] = [];

  /** Media seconds made a second over the last half minute, all holders; null before there is progress. */
  speed: number | null = null;
  etaSeconds: number | null = null;

  update(job: JobView, nowMs: number): void {
    const totalSeconds = job.durationTicks / TICKS_PER_SECOND;
    const madeSeconds = madeShare(job) * totalSeconds;
    this.#samples.push({ atMs: nowMs, madeSeconds });
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < 1_000 || madeSeconds <= first.madeSeconds)
      return;
    this.speed = (madeSeconds - first.madeSeconds) / ((nowMs - first.atMs) / 1000);
    this.etaSeconds = Math.max(0, totalSeconds - madeSeconds) / this.speed;
  }
}

/** Share of the video work that is done, tasks in work by their progress. */
function madeShare(job: JobView): number {
  let all = 0;
  let made = 0;
  for (const task of job.tasks) {
    if (task.kind !== "video") continue;
    all += task.segmentCount;
    const share = task.state === "done" || task.state === "checking" ? 1 : task.progress;
    made += share * task.segmentCount;
  }
  return all === 0 ? 0 : made / all;
}
