import type { Engine } from "../../../../shared/job/job.ts";
import { initKey } from "../../../../shared/job/object-keys.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { dropLease } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import {
  type Holder,
  type InitRecord,
  isUnclear,
  type Lease,
  type TaskRecord,
} from "../state/records.ts";
import { initId } from "../state/state.ts";
import { isTrusted } from "../verify/verifying.ts";
import { refuse } from "./refusal.ts";
import { ban } from "./undo.ts";

/**
 * All segments of a rendition and engine share one init segment: the first one that was accepted. If it came with an
 * unproven result, it may be a lie; then the init segment of a trusted holder decides.
 * @returns whether the lease's result was refused for its init segment
 */
export function refusedForInit(
  draft: Draft,
  lease: Lease,
  outputs: readonly Output[],
  engine: Engine,
): boolean {
  const holder = draft.holder(lease.holderId);
  for (const init of initsOf(draft, lease.taskId, outputs, engine)) {
    for (;;) {
      const known = draft.init(initId(init));
      if (known === undefined || known.sha256 === init.sha256) break;
      const bringer = draft.task(known.taskId);
      const maker = bringer?.done == null ? undefined : draft.holder(bringer.done.holderId);
      // Unproven: no audit has checked the result, even if the policy accepted it.
      const isUnproven = bringer !== undefined && maker !== undefined && !isProven(bringer, maker);
      if (!isUnproven || holder === undefined || !isTrusted(holder)) {
        turnAway(draft, lease, bringer);
        return true;
      }
      // After the ban, another result may still support the same init segment, so the loop looks again.
      ban(draft, maker.id, bringer.id);
    }
  }
  return false;
}

/** @param bringer the task whose result had the other init segment */
function turnAway(draft: Draft, lease: Lease, bringer: TaskRecord | undefined): void {
  const message = "The init segment differs from that of other segments.";
  if (bringer === undefined || !isUnclear(bringer)) {
    refuse(draft, lease, "INIT_MISMATCH", message);
    return;
  }
  // Two contributors disagree. The first one's result is audited; this one's does not count as a failure.
  draft.moveVerification(bringer.id, { type: "drawn" });
  draft.send(lease.holderId, {
    type: "rejected",
    leaseId: lease.id,
    code: "INIT_MISMATCH",
    retryable: true,
    message,
  });
  dropLease(draft, lease);
}

function isProven({ verification }: TaskRecord, maker: Holder): boolean {
  return isTrusted(maker) || (verification.state === "verified" && verification.by !== "gate");
}

/** The init segments in an offer, as records. */
export function initsOf(
  draft: Draft,
  taskId: string,
  outputs: readonly Output[],
  engine: Engine,
): InitRecord[] {
  return outputs
    .filter(({ kind }) => kind === "init")
    .map(({ rendition, sha256, md5, sizeBytes }) => ({
      rendition,
      engine,
      key: initKey(draft.job.id, rendition, { sha256, md5 }),
      sha256,
      sizeBytes,
      taskId,
    }));
}
