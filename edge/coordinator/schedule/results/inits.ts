import type { Engine } from "../../../../shared/job/job.ts";
import { outputKey } from "../../../../shared/job/object-keys.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { dropLease } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import { type InitRecord, isUnclear, type Lease } from "../state/records.ts";
import { initId } from "../state/state.ts";
import { isTrusted } from "../verify/verifying.ts";
import { refuse } from "./refusal.ts";
import { ban } from "./undo.ts";

/**
 * All segments of a rendition and engine share one init segment: the first that was accepted. One
 * that came with a result that is not clear may be a lie; what a trusted holder brings decides.
 */
export function refusedForInit(
  draft: Draft,
  lease: Lease,
  outputs: readonly Output[],
  engine: Engine,
): boolean {
  const holder = draft.holder(lease.holderId);
  for (const init of initsOf(draft, lease.taskId, outputs, engine)) {
    const known = draft.init(initId(init));
    if (known === undefined || known.sha256 === init.sha256) continue;
    const bringer = draft.task(known.taskId);
    const maker = bringer?.done == null ? undefined : draft.holder(bringer.done.holderId);
    const isDoubtful = bringer !== undefined && isUnclear(bringer);
    if (isDoubtful && maker !== undefined && holder !== undefined && isTrusted(holder)) {
      ban(draft, maker.id, bringer.id);
      continue;
    }
    const message = "The init segment differs from that of other segments.";
    if (!isDoubtful) {
      refuse(draft, lease, "INIT_MISMATCH", message);
      return true;
    }
    // Two contributors disagree: the first one's result is audited, this one's is nobody's failure.
    draft.moveVerification(bringer.id, { type: "drawn" });
    draft.send(lease.holderId, {
      type: "rejected",
      leaseId: lease.id,
      code: "INIT_MISMATCH",
      retryable: true,
      message,
    });
    dropLease(draft, lease);
    return true;
  }
  return false;
}

/** The init segments that an offer holds, as records. */
export function initsOf(
  draft: Draft,
  taskId: string,
  outputs: readonly Output[],
  engine: Engine,
): InitRecord[] {
  return outputs
    .filter(({ kind }) => kind === "init")
    .map(({ rendition, sha256, sizeBytes }) => ({
      rendition,
      engine,
      key: outputKey(draft.job.id, rendition, "init", sha256),
      sha256,
      sizeBytes,
      taskId,
    }));
}
