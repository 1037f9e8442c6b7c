import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { AUDIT_COST, mediaSecondsOf } from "./end-forecast.ts";
import { MOST_SECONDS_AHEAD } from "./head-start.ts";

/** Measurements older than this count for less than half. */
const FORGETS_MS = 8_000;
/** So many seconds of one slot say how fast it is. */
const TELLING_SECONDS = 1.5;

interface Measured {
  /** Media seconds made, and seconds of slots that were spent on it; older ones count less. */
  media: number;
  slotSeconds: number;
}

/**
 * How fast the slots of each lease holder are, by how far their tasks come from one look to the next. What
 * was made before Start is no measure: it jumps into place.
 */
export class SlotSpeedMeter {
  readonly #measured = new Map<string, Measured>();
  #shares = new Map<string, number>();
  #lookedAtMs: number | null = null;

  /** @param live progress of this tab's leases, by task: audits among them */
  update(
    job: JobView,
    live: ReadonlyMap<string, number>,
    segmentSeconds: readonly number[] | null,
    nowMs: number,
  ): void {
    const passedMs = this.#lookedAtMs === null ? 0 : nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    const before = this.#shares;
    this.#shares = new Map();
    const secondsOf = mediaSecondsOf(job, segmentSeconds);
    const aheadSegments = Math.ceil(
      (MOST_SECONDS_AHEAD * job.segmentCount * TICKS_PER_SECOND) / Math.max(1, job.durationTicks),
    );
    const owner = job.holders.find(({ role }) => role === "owner")?.id ?? null;
    const isPending = job.tasks.some(({ kind, state }) => kind === "video" && state === "ready");
    const made = new Map<string, { media: number; atWork: number }>();
    for (const task of job.tasks) {
      if (task.kind !== "video") continue;
      const isAudit = task.state === "checking" && live.has(task.id);
      const by = isAudit ? owner : task.holder;
      const share = isAudit ? (live.get(task.id) ?? 0) : shareOf(task, live);
      const key = isAudit ? `${task.id} audit` : task.id;
      this.#shares.set(key, share);
      if (by === null) continue;
      const known = before.get(key) ?? 0;
      // It may have been made before Start: how long that took was not seen.
      const isUnseen = known === 0 && task.firstSegment < aheadSegments && !isAudit;
      const grown = isUnseen ? 0 : share - known;
      const sum = made.get(by) ?? { media: 0, atWork: 0 };
      const isAtWork = (share < 1 || grown > 0) && !(isUnseen && share === 0);
      made.set(by, {
        media: sum.media + Math.max(0, grown) * secondsOf(task) * (isAudit ? AUDIT_COST : 1),
        atWork: sum.atWork + Number(isAtWork),
      });
    }
    if (passedMs <= 0) return;
    const kept = Math.exp(-passedMs / FORGETS_MS);
    for (const { id, slots } of job.holders) {
      const { media, atWork } = made.get(id) ?? { media: 0, atWork: 0 };
      // Slots that stand idle beside work (their uploads are behind) count, too.
      const busy = isPending && media > 0 ? slots : Math.min(slots, atWork);
      const { media: old = 0, slotSeconds = 0 } = this.#measured.get(id) ?? {};
      this.#measured.set(id, {
        media: old * kept + media,
        slotSeconds: slotSeconds * kept + (busy * passedMs) / 1000,
      });
    }
  }

  get speeds(): Map<string, number> {
    const speeds = new Map<string, number>();
    for (const [id, { media, slotSeconds }] of this.#measured) {
      if (slotSeconds >= TELLING_SECONDS && media > 0) speeds.set(id, media / slotSeconds);
    }
    return speeds;
  }
}

function shareOf(task: TaskView, live: ReadonlyMap<string, number>): number {
  if (task.state === "done" || task.state === "checking") return 1;
  return task.state === "leased" ? (live.get(task.id) ?? task.progress) : 0;
}
