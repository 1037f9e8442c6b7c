import type { Draft } from "../state/draft.ts";
import { type Holder, isHeard, type Lease, type TaskRecord } from "../state/records.ts";
import { isDrawn, type Waiting } from "./trust.ts";
import { awaitsAudit, type Verification } from "./verification.ts";
import { auditOf, canComparePictures, isTrusted } from "./verifying.ts";

/** Which holders may audit which results. audits.ts handles the outcome. */

/**
 * Which holders run tasks again to compare hashes: `trusted` ones, whose agreement is proof; or, while none of them is
 * connected, `independent` contributors, whose agreement is evidence.
 */
export type Auditors = "trusted" | "independent";

/** `independent` only where no trusted holder could run a task again, and never with the policy `all`. */
export function auditorsNow(draft: Draft): Auditors {
  if (draft.job.settings.verify === "all") return "trusted";
  return draft.holders().some(canRunAgain) ? "trusted" : "independent";
}

/** Whether this holder may audit the task's result, or replace it. */
export function mayAudit(
  draft: Draft,
  holder: Holder,
  task: TaskRecord,
  auditors: Auditors,
): boolean {
  return canVerify(draft, holder, task, auditors) || mayReplace(draft, holder, task);
}

/** Whether this holder can decide whether the task's result is right. */
export function canVerify(
  draft: Draft,
  holder: Holder,
  task: TaskRecord,
  auditors: Auditors,
): boolean {
  if (!awaitsAudit(task.verification) || task.done === null) return false;
  const makerId = task.done.holderId;
  if (auditOf(task) === "hash") {
    return mayRunAgain(draft, holder, task.verification, { makerId, auditors });
  }
  return makerId !== holder.id && canComparePictures(holder);
}

/**
 * Whether this holder makes the result again: it is trusted, cannot verify the result, and the job waits for a trusted
 * holder.
 */
function mayReplace(draft: Draft, holder: Holder, { verification, done }: TaskRecord): boolean {
  if (!draft.job.awaitsTrusted || !isTrusted(holder)) return false;
  return awaitsAudit(verification) && done !== null;
}

/** Whether this holder's run of the task can confirm or refute the maker's result. */
export function mayRunAgain(
  draft: Draft,
  holder: Holder,
  verification: Verification,
  { makerId, auditors }: { makerId: string; auditors: Auditors },
): boolean {
  if (makerId === holder.id || !holder.engines.includes("ffmpeg-wasm")) return false;
  if (isTrusted(holder)) return true;
  if (auditors === "trusted" || verification.excluded.includes(holder.id)) return false;
  if (awaitsAudit(verification) && "evidence" in verification && verification.evidence)
    return false;
  const maker = draft.holder(makerId);
  return maker !== undefined && areIndependent(holder, maker);
}

/** Whether two contributors joined by different links and from different networks. */
export function areIndependent(one: Holder, two: Holder): boolean {
  if (one.network === null || two.network === null) return false;
  return one.principal !== two.principal && one.network !== two.network;
}

/** Whether a result of the lease would be audited by a second run, in the present state. */
export function willBeAudited(draft: Draft, lease: Lease, waiting: Waiting): boolean {
  const holder = draft.holder(lease.holderId);
  const { verify } = draft.job.settings;
  if (holder === undefined || isTrusted(holder) || verify === "off") return false;
  // Results of browsers' own codecs are audited by pictures, which is possible only once they exist.
  if (draft.task(lease.taskId)?.done != null || lease.engine !== "ffmpeg-wasm") return false;
  return verify === "all" || isDrawn(draft, lease, holder, waiting);
}

/** Whether the holder is connected, takes work, and can prove a result by a second run. */
function canRunAgain(holder: Holder): boolean {
  const isHere = isHeard(holder) && holder.slots > 0;
  return isHere && isTrusted(holder) && holder.engines.includes("ffmpeg-wasm");
}
