import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { AUDIT_COST, type TaskWork, workSecondsOf } from "./end-forecast.ts";

/** Measurements older than this count for less than half. */
const FORGETS_MS = 8_000;
/** Of a holder's work, in which its encoders are loaded and compiled. */
const WARM_UP_MS = 2_000;
/** So many seconds of one slot say how fast it is, with so much video made or after so long a time. */
const TELLING_SECONDS = 1.5;
const TELLING_MEDIA_SECONDS = 1;
const TELLING_WORK_MS = 10_000;

interface Measured {
  /** Media seconds made, and seconds of slots that were spent on it; older ones count less. */
  media: number;
  slotSeconds: number;
  /** Since it was first seen at work, without the time in which it had none. */
  workedMs: number;
}

const NOTHING: Measured = { media: 0, slotSeconds: 0, workedMs: 0 };

/**
 * How fast the slots of each lease holder are, by how far their tasks come from one look to the next. What
 * was made before Start is no measure: it jumps into place.
 */
export class SlotSpeedMeter {
  readonly #measured = new Map<string, Measured>();
  #shares = new Map<string, number>();
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
    const before = this.#shares;
    this.#shares = new Map();
    const secondsOf = workSecondsOf(job, work);
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
      // How long it took before Start was not seen.
      const isUnseen = known === 0 && this.#ahead.has(task.id) && !isAudit;
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
      const { workedMs, ...old } = this.#measured.get(id) ?? NOTHING;
      const isWarm = workedMs >= WARM_UP_MS;
      this.#measured.set(id, {
        media: old.media * kept + (isWarm ? media : 0),
        slotSeconds: old.slotSeconds * kept + (isWarm ? (busy * passedMs) / 1000 : 0),
        workedMs: workedMs + (busy > 0 ? passedMs : 0),
      });
    }
  }

  get speeds(): Map<string, number> {
    const speeds = new Map<string, number>();
    for (const [id, { media, slotSeconds, workedMs }] of this.#measured) {
      const isTelling = media >= TELLING_MEDIA_SECONDS || workedMs >= TELLING_WORK_MS;
      if (slotSeconds >= TELLING_SECONDS && media > 0 && isTelling)
        speeds.set(id, media / slotSeconds);
    }
    return speeds;
  }
}

function shareOf(task: TaskView, live: ReadonlyMap<string, number>): number {
  if (task.state === "done" || task.state === "checking") return 1;
  return task.state === "leased" ? (live.get(task.id) ?? task.progress) : 0;
}
