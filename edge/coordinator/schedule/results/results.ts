import type { Task } from "../../../../shared/job/job.ts";
import { uncoded } from "../../../../shared/job/notice.ts";
import type { HolderMessage } from "../../../../shared/wire/holder-messages.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import type { GateVerdict } from "../../../gate/verdict.ts";
import type { Draft } from "../state/draft.ts";
import type { Lease } from "../state/records.ts";
import { takeAudit } from "../verify/audits.ts";
import { mayUse } from "../verify/verifying.ts";
import { accept } from "./acceptance.ts";
import { refusedForInit } from "./inits.ts";
import { offerFault } from "./offers.ts";
import { refuse } from "./refusal.ts";
import { chargeUpload } from "./upload-budget.ts";

/** The way of a result from its offer to its acceptance or refusal. */

/** The gate is asked again after this many milliseconds without an answer. */
const CHECK_AGAIN_MS = 30_000;
/** Number of times that the gate may fail to check a result before the attempt counts as failed. */
const MAX_CHECKS = 5;
/** The most offers of a lease. Holders repeat an offer to get new URLs, and after a lost connection. */
const MAX_OFFERS = 10;

type Commit = Extract<HolderMessage, { type: "commit" }>;

/** Takes a holder's offer. It is refused where its sizes or outputs are impossible, else answered with URLs. */
export function takeOffer(draft: Draft, task: Task, lease: Lease, outputs: Output[]): void {
  if (lease.phase === "checking") return;
  const fault = offerFault(draft.plan, task, outputs) ?? changeOf(lease, outputs);
  if (fault !== null) {
    refuse(draft, lease, "OFFER_INVALID", fault);
    return;
  }
  if (lease.offers >= MAX_OFFERS) {
    refuse(draft, lease, "OFFERS_EXHAUSTED", `The result was offered ${MAX_OFFERS} times.`);
    return;
  }
  const isAudit = draft.task(task.id)?.done != null;
  if (isAudit && !takeAudit(draft, task, lease, outputs)) return;
  if (lease.offers === 0 && !chargeUpload(draft, lease.holderId, outputs)) return;
  // A repeated offer asks for new URLs. Some objects may have been uploaded already.
  const phase = lease.phase === "working" ? "offered" : "uploading";
  draft.patchLease(lease.id, ({ offers }) => ({ phase, outputs, offers: offers + 1 }));
  presign(draft, lease);
}

/**
 * Why a repeated offer is refused: a lease has only one result, which limits what it may store. Null: it is the same
 * offer.
 */
function changeOf({ outputs: before }: Lease, outputs: readonly Output[]): string | null {
  const isSame = before === null || JSON.stringify(before) === JSON.stringify(outputs);
  return isSame ? null : "The lease's outputs are not those that were offered before.";
}

/** Requests URLs for the outputs in a lease's offer. Does nothing while its holder is away. */
export function presign(draft: Draft, lease: Lease): void {
  const connectionId = draft.holder(lease.holderId)?.connectionId ?? null;
  if (connectionId === null) return;
  draft.effects.push({ type: "presign", connectionId, leaseId: lease.id });
}

/** Takes a holder's message that its offer is uploaded. The gate checks it next. */
export function takeCommit(draft: Draft, lease: Lease, commit: Commit): void {
  if (lease.phase === "checking") return;
  if (lease.outputs === null) {
    refuse(draft, lease, "OFFER_INVALID", "The commit came without an offer.");
    return;
  }
  const { engine, encodeMs, notices = uncoded(commit.warnings) } = commit;
  const holder = draft.holder(lease.holderId);
  if (holder !== undefined && !mayUse(lease, holder, engine)) {
    refuse(draft, lease, "ENGINE_UNAVAILABLE", "The lease was for a result of another engine.");
    return;
  }
  if (refusedForInit(draft, lease, lease.outputs, engine)) return;
  draft.patchLease(lease.id, { phase: "checking", made: { engine, encodeMs, notices } });
  check(draft, lease.id);
}

/** Asks the gate about leases that it was not asked about yet, or for which it did not answer in time. */
export function checkDueLeases(draft: Draft): void {
  for (const lease of draft.leases()) {
    if (lease.phase === "checking" && lease.checkDueAtMs <= draft.nowMs) check(draft, lease.id);
  }
}

function check(draft: Draft, leaseId: string): void {
  draft.patchLease(leaseId, { checkDueAtMs: draft.nowMs + CHECK_AGAIN_MS });
  draft.effects.push({ type: "check", leaseId });
}

/** Takes the gate's answer. The result is accepted or refused, or the gate is asked again after 2 s, 4 s and so on. */
export function takeVerdict(draft: Draft, lease: Lease, verdict: GateVerdict): void {
  const { made, outputs } = lease;
  const task = draft.planned.get(lease.taskId);
  if (lease.phase !== "checking" || made === null || outputs === null || !task) return;
  if (verdict.verdict === "refused") {
    refuse(draft, lease, verdict.code, verdict.message);
  } else if (verdict.verdict === "unknown") {
    const checks = lease.checks + 1;
    if (checks >= MAX_CHECKS) refuse(draft, lease, "INTERNAL", verdict.message);
    else {
      const checkDueAtMs = draft.nowMs + 2 ** checks * 1000;
      draft.patchLease(lease.id, { checks, checkDueAtMs });
    }
  } else if (!refusedForInit(draft, lease, outputs, made.engine)) {
    // The init segments are compared only now, because another task of the engine may have been accepted during the
    // check.
    accept(draft, task, lease, verdict.segments);
  }
}
