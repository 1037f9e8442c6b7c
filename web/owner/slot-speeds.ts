import type { HolderView, JobView, TaskView } from "../../shared/wire/job-view.ts";
import { AUDIT_COST, type TaskWork, workSecondsOf } from "./end-forecast.ts";

/** Measurements older than this count for less than half. */
const FORGETS_MS = 8_000;
/** Of a holder's work, in which its encoders are loaded and compiled. */
const WARM_UP_MS = 2_000;
/** So many seconds of one slot say how fast it is, with so much video made or after so long a time. */
const TELLING_SECONDS = 1.5;
const TELLING_MEDIA_SECONDS = 1;
const TELLING_WORK_MS = 10_000;
/** With less of it left nothing is known any more. */
const FORGOTTEN_SECONDS = 0.2;

/** An encoder shows nothing while it looks ahead, and a helper tells seldom: so long a wait is not held against them. */
const MOST_UNTOLD_SECONDS = 60;

/** A task that has told nothing for long is not taken for done. */
const MOST_LIKELY = 0.9;

interface Measured {
  /** Media seconds made, and seconds of slots that were spent on it; older ones count less. */
  media: number;
  slotSeconds: number;
  /** Since it was first seen at work, without the time in which it had none. */
  workedMs: number;
  /** Since there was news of any of its tasks. */
  silentMs: number;
}

/** A task of one lease holder at one look. */
interface TaskAtWork {
  id: string;
  key: string;
  /** Seconds of video that all of it amounts to, as this holder makes it. */
  cost: number;
  /** 0..1 of it that is made. */
  share: number;
  /** Media seconds made since the look before. */
  media: number;
  /** Seconds since it came further, before this look. */
  untoldSeconds: number;
}

const NOTHING: Measured = { media: 0, slotSeconds: 0, workedMs: 0, silentMs: 0 };

/**
 * How fast the slots of each lease holder are, by how far their tasks come from one look to the next. What
 * was made before Start is no measure: it jumps into place.
 */
export class SlotSpeedMeter {
  readonly #measured = new Map<string, Measured>();
  /** Media seconds that one slot makes a second, by the holder's id. */
  readonly speeds = new Map<string, number>();
  /** 0..1 of each task at work, by its id: what was told, and what was likely made since. Audits among them. */
  readonly likely = new Map<string, number>();
  #before = new Map<string, Pick<TaskAtWork, "share" | "untoldSeconds">>();
  #lookedAtMs: number | null = null;
  readonly #ahead: ReadonlySet<string>;

  /** @param ahead ids of tasks that were begun before Start */
  constructor(ahead: ReadonlySet<string>) {
    this.#ahead = ahead;
  }

  /** @param live progress of this tab's leases, by task: audits among them */
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

  /** Tasks by their holders; remembers how far each of them is. */
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
      // How long it took before Start was not seen.
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
    // More than there are slots are leased ahead: those that came further are at work, then those that are begun.
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
    // Slots that stand idle beside work (their uploads are behind) count, too.
    if (isPending && media > 0) slotSeconds += (Math.max(0, slots - busy.length) * passedMs) / 1000;
    const old = this.#measured.get(id) ?? NOTHING;
    const isWarm = old.workedMs >= WARM_UP_MS;
    const isNews = busy.length === 0 || slotSeconds > 0;
    const silentMs = old.silentMs + passedMs;
    // What is known is not forgotten for want of news.
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
