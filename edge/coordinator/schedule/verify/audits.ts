import type { Engine, Task } from "../../../../shared/job/job.ts";
import type { HolderMessage } from "../../../../shared/wire/holder-messages.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { dropLease, failTask, revokeOthers, type TaskFailure } from "../leases.ts";
import { invalidate, reject, reopen } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import type { Lease, TaskRecord } from "../state/records.ts";
import { acceptedId, initId } from "../state/state.ts";
import { areIndependent, auditorsNow, mayRunAgain } from "./auditors.ts";
import { acceptedDigest, digestOf, prove, takeEvidence } from "./proof.ts";
import type { Claim } from "./verification.ts";
import { auditOf, isTrusted } from "./verifying.ts";

/** Handles the outcome of audits. */

/**
 * Compares an audit's offer with the accepted result. True when the lease continues as an ordinary one, to replace the
 * result.
 */
export function takeAudit(draft: Draft, task: Task, lease: Lease, outputs: Output[]): boolean {
  const done = draft.task(task.id)?.done;
  const auditor = draft.holder(lease.holderId);
  if (done == null || auditor === undefined) return false;
  const isSame = agrees(draft, done.engine, outputs);
  if (isTrusted(auditor) && lease.engine !== "ffmpeg-wasm") {
    // The bytes of another engine prove nothing, and nobody else can audit. The auditor's own result replaces the
    // accepted one.
    reopen(draft, task.id);
    return true;
  }
  if (isSame) {
    dropLease(draft, lease);
    draft.send(auditor.id, { type: "accepted", leaseId: lease.id });
    if (isTrusted(auditor)) prove(draft, task.id, "hash");
    else if (areIndependent(auditor, draft.holder(done.holderId) ?? auditor)) {
      takeEvidence(draft, task.id);
    } else {
      // The auditor has reconnected from another network and is no longer independent. Others will audit.
      draft.moveVerification(task.id, { type: "excluded", holderId: auditor.id });
    }
    return false;
  }
  if (isTrusted(auditor)) {
    reject(draft, task.id);
    return true;
  }
  // One of two contributors is wrong. The task is made again, and a trusted holder's result decides.
  dropLease(draft, lease);
  draft.send(auditor.id, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
  const claims = [
    claimOf(draft, done.holderId, acceptedDigest(draft, task)),
    claimOf(draft, auditor.id, digestOf(outputs)),
  ].filter((claim) => claim !== null);
  const excluded = claims.map(({ holderId }) => holderId);
  for (const id of excluded) draft.patchHolder(id, { agreed: 0 });
  reopen(draft, task.id, { claims, excluded });
  return false;
}

function claimOf(draft: Draft, holderId: string, digest: string): Claim | null {
  const holder = draft.holder(holderId);
  return holder === undefined ? null : { holderId, digest, agreed: holder.agreed };
}

function agrees(draft: Draft, engine: Engine, outputs: readonly Output[]): boolean {
  return outputs.every(({ kind, rendition, segment, sha256 }) =>
    kind === "init"
      ? draft.init(initId({ rendition, engine, sha256 }))?.sha256 === sha256
      : draft.accepted(acceptedId(rendition, segment))?.sha256 === sha256,
  );
}

/** Takes a trusted holder's verdict on the frames of a result. */
export function takeComparison(
  draft: Draft,
  lease: Lease,
  { verdict }: Extract<HolderMessage, { type: "compared" }>,
): void {
  dropLease(draft, lease);
  if (lease.purpose !== "compare" || draft.task(lease.taskId)?.done == null) {
    draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
    return;
  }
  draft.send(lease.holderId, { type: "accepted", leaseId: lease.id });
  if (verdict === "agrees") prove(draft, lease.taskId, "picture");
  else if (verdict === "lies") reject(draft, lease.taskId);
  else invalidate(draft, lease.taskId);
}

/**
 * The second run failed although the first one succeeded. After a trusted holder's failure, the result is dropped and
 * the task made again. This counts as a failed attempt, so that it cannot repeat without end.
 */
export function failAudit(draft: Draft, lease: Lease, failure: TaskFailure): void {
  const { taskId } = lease;
  dropLease(draft, lease);
  const auditor = draft.holder(lease.holderId);
  if (auditor !== undefined && !isTrusted(auditor)) {
    // A contributor's failure says nothing about another one's result.
    draft.moveVerification(taskId, { type: "excluded", holderId: auditor.id });
  } else if (lease.purpose === "make") {
    reopen(draft, taskId);
    failTask(draft, taskId, failure);
  } else {
    // That the frames cannot be compared does not mean that the task cannot be made.
    invalidate(draft, taskId);
    failTask(draft, taskId, { ...failure, final: false });
  }
}

/**
 * A result was accepted while other leases of the task were live. If the result has to be audited, the second run of
 * its pair becomes the audit: at once if it is done, else when it is. All other leases end.
 * @param before the task before the result was accepted
 */
export function auditByPair(draft: Draft, task: Task, made: Lease, before: TaskRecord): void {
  if (draft.task(task.id)?.done == null) return;
  const other = pairOf(draft, made, before);
  const leases = other === undefined ? [] : [other.id];
  revokeOthers(draft, task.id, leases, "LEASE_LOST");
  draft.patchTask(task.id, { leases });
  if (other === undefined) return;
  draft.moveVerification(task.id, { type: "audit-began" });
  if (other.outputs !== null) takeAudit(draft, task, other, other.outputs);
}

function pairOf(draft: Draft, made: Lease, { verification }: TaskRecord): Lease | undefined {
  const pair: readonly string[] = (verification.state === "unverified" && verification.pair) || [];
  const task = draft.task(made.taskId);
  const id = pair.includes(made.id) ? pair.find((each) => each !== made.id) : undefined;
  const lease = id !== undefined && task?.leases.includes(id) ? draft.lease(id) : undefined;
  const holder = lease === undefined ? undefined : draft.holder(lease.holderId);
  if (task === undefined || lease === undefined || holder === undefined) return undefined;
  if (task.verification.state !== "audit-due" || auditOf(task) !== "hash") return undefined;
  const auditors = auditorsNow(draft);
  const may = mayRunAgain(draft, holder, task.verification, { makerId: made.holderId, auditors });
  return may && lease.engine === "ffmpeg-wasm" ? lease : undefined;
}
