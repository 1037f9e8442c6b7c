import type { Forecast } from "../assign/forecast.ts";
import type { Draft } from "../state/draft.ts";
import { type Holder, isHeard, type Lease, slotsOf, type TaskRecord } from "../state/records.ts";
import { auditChance, draw, isDrawn, PROBATION } from "./trust.ts";
import { awaitsAudit } from "./verification.ts";
import { auditOf, canComparePictures, isTrusted } from "./verifying.ts";

/** Who audits what; what an audit says is a matter of audits.ts. */

/** Of those who run results again to compare hashes. */
export type Auditors = "trusted" | "peers" | "anybody";

/**
 * Who may audit now: the trusted alone, as long as they can be done with it by the time that
 * everything could be done.
 * @param waiting audits that nobody makes yet, and those that are sure to come of what is at work
 */
export function auditorsNow(
  draft: Draft,
  forecast: Forecast,
  { waiting, endsInMs }: { waiting: number; endsInMs: number },
): Auditors {
  const trustedSlots = slotsOf(draft.holders().filter(canAudit));
  if (trustedSlots === 0) return "anybody";
  if (draft.job.settings.verify === "all") return "trusted";
  if (!Number.isFinite(endsInMs)) return waiting <= trustedSlots ? "trusted" : "peers";
  return forecast.madeBy(endsInMs, canAudit) >= waiting ? "trusted" : "peers";
}

/** Whether this holder may prove or disprove the task's result. */
export function mayAudit(
  draft: Draft,
  holder: Holder,
  task: TaskRecord,
  auditors: Auditors,
): boolean {
  if (!awaitsAudit(task.verification) || task.done === null) return false;
  if (auditOf(task) === "hash") {
    return mayRunAgain(draft, holder, task, { makerId: task.done.holderId, auditors });
  }
  return task.done.holderId !== holder.id && canComparePictures(holder);
}

/** Whether this holder's run of the task says something of the maker's. */
export function mayRunAgain(
  draft: Draft,
  holder: Holder,
  task: TaskRecord,
  { makerId, auditors }: { makerId: string; auditors: Auditors },
): boolean {
  if (makerId === holder.id || !holder.engines.includes("ffmpeg-wasm")) return false;
  if (isTrusted(holder)) return true;
  if (auditors === "trusted" || task.verification.excluded.includes(holder.id)) return false;
  const maker = draft.holder(makerId);
  return auditors === "anybody" || holder.agreed >= Math.min(PROBATION, maker?.agreed ?? 0);
}

/** Whether a result of the lease is to be run again, as things stand. */
export function willBeAudited(draft: Draft, lease: Lease, waiting: number): boolean {
  const holder = draft.holder(lease.holderId);
  const { verify } = draft.job.settings;
  if (holder === undefined || isTrusted(holder) || verify === "off") return false;
  // What browsers' own codecs make can be looked at only once it is there.
  if (draft.task(lease.taskId)?.done != null || lease.engine !== "ffmpeg-wasm") return false;
  return verify === "all" || isDrawn(draft, lease, auditChance(holder.agreed + waiting));
}

/** Orders contributors that could audit a task: the least does, and nobody outside can know which. */
export function auditRank(draft: Draft, holder: Holder, taskId: string): number {
  return draw(`${draft.job.seed}${taskId} ${holder.id}`);
}

function canAudit(holder: Holder): boolean {
  const isHere = isHeard(holder) && holder.slots > 0;
  return isHere && isTrusted(holder) && holder.engines.includes("ffmpeg-wasm");
}
