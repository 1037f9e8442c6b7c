import type { Task } from "../../../../shared/job/job.ts";
import type { Forecast } from "../assign/forecast.ts";
import { revokeOthers } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import type { Holder, Lease, TaskRecord } from "../state/state.ts";
import { auditChance, draw, isDrawn, PROBATION, takeAudit } from "./trust.ts";
import { auditOf, canComparePictures, isTrusted } from "./verifying.ts";

/** Who audits what; what an audit says is a matter of trust.ts. */

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
  let trustedSlots = 0;
  for (const holder of draft.holders()) if (canAudit(holder)) trustedSlots += holder.slots;
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
  if (task.proof !== "wanted" || task.done === null) return false;
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
  if (auditors === "trusted" || task.notFor.includes(holder.id)) return false;
  const maker = draft.holder(makerId);
  return auditors === "anybody" || holder.agreed >= Math.min(PROBATION, maker?.agreed ?? 0);
}

/** Whether a result of the lease is to be run again, as things stand. */
export function willBeAudited(draft: Draft, lease: Lease, waiting: number): boolean {
  const holder = draft.holder(lease.holderId);
  const { verify } = draft.job.settings;
  if (holder === undefined || isTrusted(holder) || verify === "off") return false;
  // What browsers' own codecs make can be looked at only once it is there.
  if (lease.audit !== null || lease.engine !== "ffmpeg-wasm") return false;
  return verify === "all" || isDrawn(draft, lease, auditChance(holder.agreed + waiting));
}

/** Which of several strangers audits a task: nobody outside can know. The least has it. */
export function lot(draft: Draft, holder: Holder, taskId: string): number {
  return draw(`${draft.job.seed}${taskId} ${holder.id}`);
}

/**
 * A result was accepted while others had the task, too. Where it is to be audited, its pair's run is
 * the audit: at once if that is over, else when it is. All others are no longer needed.
 */
export function auditByOthers(draft: Draft, task: Task, made: Lease): void {
  const record = draft.task(task.id);
  if (record?.done == null) return;
  const pairs = record.leases.flatMap((id) => {
    const lease = draft.lease(id);
    return lease !== undefined && isAuditOf(draft, lease, record, made) ? lease : [];
  });
  const ids = pairs.map(({ id }) => id);
  revokeOthers(draft, task.id, ids, "LEASE_LOST");
  draft.patchTask(task.id, { leases: ids });
  for (const id of ids) draft.patchLease(id, { audit: "hash" });
  for (const { id } of pairs) {
    const lease = draft.lease(id);
    if (lease?.audit === "hash" && lease.outputs !== null) {
      takeAudit(draft, task, lease, lease.outputs);
    }
  }
}

function isAuditOf(draft: Draft, lease: Lease, task: TaskRecord, made: Lease): boolean {
  const holder = draft.holder(lease.holderId);
  if (holder === undefined || task.proof !== "wanted" || auditOf(task) !== "hash") return false;
  const isPair = lease.pairedWith === made.holderId || made.pairedWith === lease.holderId;
  if (!isPair || lease.engine !== "ffmpeg-wasm") return false;
  // That strangers may audit each other was settled when they were paired.
  const auditors = draft.job.settings.verify === "all" ? "trusted" : "peers";
  return mayRunAgain(draft, holder, task, { makerId: made.holderId, auditors });
}

function canAudit(holder: Holder): boolean {
  const { connectionId, silent, engines, slots } = holder;
  const isHere = connectionId !== null && !silent && slots > 0;
  return isHere && isTrusted(holder) && engines.includes("ffmpeg-wasm");
}
