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

/** From an offer to an accepted or refused result. */

/** The gate has this long to answer before it is asked again. */
const CHECK_AGAIN_MS = 30_000;
/** When the gate cannot look, it is asked this often before the attempt counts as failed. */
const MAX_CHECKS = 5;
/** An offer comes again for each round of fresh URLs, and after each lost connection. */
const MAX_OFFERS = 10;

type Commit = Extract<HolderMessage, { type: "commit" }>;

/** A holder offers what it made: refused where sizes or outputs cannot be, otherwise answered with URLs. */
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
  // An offer that comes again asks for fresh URLs: some objects may be there already.
  const phase = lease.phase === "working" ? "offered" : "uploading";
  draft.patchLease(lease.id, ({ offers }) => ({ phase, outputs, offers: offers + 1 }));
  presign(draft, lease);
}

/** A lease has one result: what it may store is bounded by that. */
function changeOf({ outputs: before }: Lease, outputs: readonly Output[]): string | null {
  const isSame = before === null || JSON.stringify(before) === JSON.stringify(outputs);
  return isSame ? null : "The lease's outputs are not those that were offered before.";
}

/** Has URLs made for what the lease offered; nothing while its holder is away. */
export function presign(draft: Draft, lease: Lease): void {
  const connectionId = draft.holder(lease.holderId)?.connectionId ?? null;
  if (connectionId === null) return;
  draft.effects.push({ type: "presign", connectionId, leaseId: lease.id });
}

/** A holder says that all of its offer is uploaded: the gate looks at it next. */
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

/** Asks the gate about leases it was not asked about yet, or stayed silent on. */
export function checkDueLeases(draft: Draft): void {
  for (const lease of draft.leases()) {
    if (lease.phase === "checking" && lease.checkDueAtMs <= draft.nowMs) check(draft, lease.id);
  }
}

function check(draft: Draft, leaseId: string): void {
  draft.patchLease(leaseId, { checkDueAtMs: draft.nowMs + CHECK_AGAIN_MS });
  draft.effects.push({ type: "check", leaseId });
}

/** The gate's answer: the result is accepted, refused, or asked about again after 2 s, 4 s and so on. */
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
    // Another task of the engine may have been accepted while the gate looked at this one.
    accept(draft, task, lease, verdict.segments);
  }
}
