import type { HolderView, JobView, TaskView } from "../../shared/wire/job-view.ts";
import { AUDIT_COST, type TaskWork, workSecondsOf } from "./end-forecast.ts";

/** Measurements older than this count for less than half. */
const FORGETS_MS = 8_000;
/** Time at the beginning of a holder's work in which its encoders load; it does not count. */
const WARM_UP_MS = 2_000;
/** A speed is known after so many slot seconds, with so much media made, or after so much time at work. */
const TELLING_SECONDS = 1.5;
const TELLING_MEDIA_SECONDS = 1;
const TELLING_WORK_MS = 10_000;
/** With fewer slot seconds left than this, a speed is forgotten. */
const FORGOTTEN_SECONDS = 0.2;

/** Waits up to this long do not lower a speed: encoders with lookahead show nothing, and helpers report seldom. */
const MOST_UNTOLD_SECONDS = 60;

/** Most progress that is assumed for a task without news, so that it does not count as done. */
const MOST_LIKELY = 0.9;

interface Measured {
  /** Media seconds made, and slot seconds spent on them; older ones count less. */
  media: number;
  slotSeconds: number;
  /** Time since the holder was first seen at work, without the time in which it had no tasks. */
  workedMs: number;
  /** Time since the last news of any of its tasks. */
  silentMs: number;
}

/** A task of one lease holder at one update. */
interface TaskAtWork {
  id: string;
  key: string;
  /** Work of the whole task for this holder, in seconds of video. */
  cost: number;
  /** Progress, 0..1. */
  share: number;
  /** Media seconds made since the last update. */
  media: number;
  /** Seconds without progress before this update. */
  untoldSeconds: number;
}

const NOTHING: Measured = { media: 0, slotSeconds: 0, workedMs: 0, silentMs: 0 };

/**
 * Measures how fast the slots of each lease holder are, by the progress of their tasks from one update to the next.
 * Tasks made before Start do not count, because their progress jumps.
 */
export class SlotSpeedMeter {
  readonly #measured = new Map<string, Measured>();
  /** Media seconds that one slot encodes per second, by the holder's id. */
  readonly speeds = new Map<string, number>();
  /** Likely progress (0..1) of each task or audit at work, by task id: the last report, plus an estimate since then. */
  readonly likely = new Map<string, number>();
  #before = new Map<string, Pick<TaskAtWork, "share" | "untoldSeconds">>();
  #lookedAtMs: number | null = null;
  readonly #ahead: ReadonlySet<string>;

  /** @param ahead ids of tasks that were begun before Start */
  constructor(ahead: ReadonlySet<string>) {
    this.#ahead = ahead;
  }

  /** @param live progress of this tab's leases, audits included, by task id */
  update(
    job: JobView,
    live: ReadonlyMap<string, number>,
    work: TaskWork | null,
    nowMs: number,
  ): void {
    const passedMs = this.#lookedAtMs === null ? 0 : nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    const atWork = this.#atWork(job, live, workSecondsOf(job, work));
    if (passedMs <= 0) return;
    this.likely.clear();
    const isPending = job.tasks.some(({ kind, state }) => kind === "video" && state === "ready");
    for (const holder of job.holders) {
      this.#measure(holder, atWork.get(holder.id) ?? [], passedMs, isPending);
    }
  }

  /** Tasks at work by their holders; remembers the progress of each task. */
  #atWork(
    job: JobView,
    live: ReadonlyMap<string, number>,
    secondsOf: (task: TaskView) => number,
  ): Map<string, TaskAtWork[]> {
    const before = this.#before;
    this.#before = new Map();
    const owner = job.holders.find(({ role }) => role === "owner")?.id ?? null;
    const atWork = new Map<string, TaskAtWork[]>();
    for (const task of job.tasks) {
      if (task.kind !== "video") continue;
      const isAudit = task.state === "checking" && live.has(task.id);
      const by = isAudit ? owner : task.holder;
      const share = isAudit ? (live.get(task.id) ?? 0) : shareOf(task, live);
      const key = isAudit ? `${task.id} audit` : task.id;
      const { share: known, untoldSeconds } = before.get(key) ?? { share: 0, untoldSeconds: 0 };
      this.#before.set(key, { share, untoldSeconds: share > known ? 0 : untoldSeconds });
      // The time that a task took before Start is not known.
      const isUnseen = known === 0 && this.#ahead.has(task.id) && !isAudit;
      const grown = isUnseen ? 0 : Math.max(0, share - known);
      if (by === null || (share === 1 && grown === 0) || (isUnseen && share === 0)) continue;
      const cost = secondsOf(task) * (isAudit ? AUDIT_COST : 1);
      const media = grown * cost;
      const told = { id: task.id, key, cost, share, media, untoldSeconds };
      atWork.set(by, [...(atWork.get(by) ?? []), told]);
    }
    return atWork;
  }

  #measure(
    { id, slots }: HolderView,
    tasks: readonly TaskAtWork[],
    passedMs: number,
    isPending: boolean,
  ): void {
    // Holders lease more tasks than they have slots. First come tasks with new progress, then those with most progress.
    const order = [...tasks].sort((a, b) => b.media - a.media || b.share - a.share);
    const busy = order.filter(({ media }, index) => media > 0 || index < slots);
    let [media, slotSeconds] = [0, 0];
    for (const task of busy) {
      const seconds = task.untoldSeconds + passedMs / 1000;
      const isHeld = task.media === 0 && seconds < MOST_UNTOLD_SECONDS;
      media += task.media;
      slotSeconds += isHeld ? 0 : seconds;
      this.#before.set(task.key, { share: task.share, untoldSeconds: isHeld ? seconds : 0 });
    }
    // Slots that are idle while others work, because uploads are slow, count, too.
    if (isPending && media > 0) slotSeconds += (Math.max(0, slots - busy.length) * passedMs) / 1000;
    const old = this.#measured.get(id) ?? NOTHING;
    const isWarm = old.workedMs >= WARM_UP_MS;
    const isNews = busy.length === 0 || slotSeconds > 0;
    const silentMs = old.silentMs + passedMs;
    // Without news, nothing is forgotten.
    const kept = isNews ? Math.exp(-silentMs / FORGETS_MS) : 1;
    const now = {
      media: old.media * kept + (isWarm ? media : 0),
      slotSeconds: old.slotSeconds * kept + (isWarm ? slotSeconds : 0),
      workedMs: old.workedMs + (busy.length > 0 ? passedMs : 0),
      silentMs: isNews ? 0 : silentMs,
    };
    this.#measured.set(id, now);
    const isTelling = now.media >= TELLING_MEDIA_SECONDS || now.workedMs >= TELLING_WORK_MS;
    if (isTelling && now.media > 0 && now.slotSeconds >= TELLING_SECONDS) {
      this.speeds.set(id, now.media / now.slotSeconds);
    } else if (now.slotSeconds < FORGOTTEN_SECONDS) {
      this.speeds.delete(id);
    }
    const speed = this.speeds.get(id) ?? 0;
    for (const task of busy) {
      const untold = this.#before.get(task.key)?.untoldSeconds ?? 0;
      const share = task.share + (untold * speed) / Math.max(task.cost, 0.01);
      this.likely.set(task.id, Math.max(task.share, Math.min(MOST_LIKELY, share)));
    }
  }
}

function shareOf(task: TaskView, live: ReadonlyMap<string, number>): number {
  if (task.state === "done" || task.state === "checking") return 1;
  return task.state === "leased" ? (live.get(task.id) ?? task.progress) : 0;
}
