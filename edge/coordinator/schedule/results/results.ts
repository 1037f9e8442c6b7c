import type { ErrorCode } from "../../../../shared/job/errors.ts";
import type { AcceptedSegment, Engine, Task } from "../../../../shared/job/job.ts";
import { outputKey } from "../../../../shared/job/object-keys.ts";
import type { HolderMessage } from "../../../../shared/wire/holder-messages.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import type { CheckedSegment, GateVerdict } from "../../../gate/verdict.ts";
import { markPlayable } from "../assign/playable.ts";
import { dropLease, failLease } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import type { Draft } from "../state/draft.ts";
import { type Holder, type InitRecord, isUnclear, type Lease } from "../state/records.ts";
import { initId } from "../state/state.ts";
import { auditByPair, takeAudit } from "../verify/audits.ts";
import { countFault } from "../verify/faults.ts";
import { settleDispute } from "../verify/proof.ts";
import { standingOf } from "../verify/trust.ts";
import { claimsOf } from "../verify/verification.ts";
import { isTrusted, mayUse } from "../verify/verifying.ts";
import { offerFault } from "./offers.ts";
import { ban } from "./undo.ts";

/** From an offer to an accepted or refused result. */

/** The gate has this long to answer before it is asked again. */
const CHECK_AGAIN_MS = 30_000;
/** When the gate cannot look, it is asked this often before the attempt counts as failed. */
const MAX_CHECKS = 5;
const MAX_WARNINGS = 20;

type Commit = Extract<HolderMessage, { type: "commit" }>;

export function takeOffer(draft: Draft, task: Task, lease: Lease, outputs: Output[]): void {
  if (lease.phase === "checking") return;
  const fault = offerFault(draft.plan, task, outputs);
  if (fault !== null) {
    refuse(draft, lease, "OFFER_INVALID", fault);
    return;
  }
  const isAudit = draft.task(task.id)?.done != null;
  if (isAudit && !takeAudit(draft, task, lease, outputs)) return;
  // An offer that comes again asks for fresh URLs: some objects may be there already.
  const phase = lease.phase === "working" ? "offered" : "uploading";
  draft.patchLease(lease.id, { phase, outputs });
  presign(draft, lease);
}

export function presign(draft: Draft, lease: Lease): void {
  const connectionId = draft.holder(lease.holderId)?.connectionId ?? null;
  if (connectionId === null) return;
  draft.effects.push({ type: "presign", connectionId, leaseId: lease.id });
}

export function takeCommit(draft: Draft, lease: Lease, commit: Commit): void {
  if (lease.phase === "checking") return;
  if (lease.outputs === null) {
    refuse(draft, lease, "OFFER_INVALID", "The commit came without an offer.");
    return;
  }
  const { engine, encodeMs, warnings } = commit;
  const holder = draft.holder(lease.holderId);
  if (holder !== undefined && !mayUse(lease, holder, engine)) {
    refuse(draft, lease, "ENGINE_UNAVAILABLE", "The lease was for a result of another engine.");
    return;
  }
  if (refusedForInit(draft, lease, lease.outputs, engine)) return;
  draft.patchLease(lease.id, { phase: "checking", made: { engine, encodeMs, warnings } });
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

function accept(draft: Draft, task: Task, lease: Lease, segments: CheckedSegment[]): void {
  const { outputs, made } = lease;
  const record = draft.task(lease.taskId);
  const holder = draft.holder(lease.holderId);
  if (outputs === null || made === null || record === undefined || holder === undefined) return;
  const standing = standingOf(draft, holder, record, lease);

  let bytesStored = draft.job.bytesStored;
  for (const init of initsOf(draft, task.id, outputs, made.engine)) {
    if (draft.init(initId(init)) !== undefined) continue;
    draft.putInit(init);
    bytesStored += init.sizeBytes;
  }
  for (const checked of segments) {
    const accepted = acceptedSegment(draft, lease, holder, outputs, made, checked);
    if (accepted === null) continue;
    draft.accept(accepted);
    bytesStored += accepted.sizeBytes;
  }
  draft.patchTask(task.id, {
    state: "done",
    leases: record.leases.filter((id) => id !== lease.id),
    lastError: null,
    done: {
      holderId: lease.holderId,
      leaseId: lease.id,
      engine: made.engine,
      acceptedAtMs: draft.nowMs,
    },
  });
  draft.moveVerification(task.id, { type: "accepted", standing });
  draft.dropLease(lease.id);
  credit(draft, task, holder.id, made.encodeMs);
  const warnings = [...new Set([...draft.job.warnings, ...made.warnings])].slice(0, MAX_WARNINGS);
  draft.patchJob({ bytesStored, warnings, tasksDone: draft.job.tasksDone + 1 });
  markPlayable(draft);
  draft.send(lease.holderId, { type: "accepted", leaseId: lease.id });
  settleDispute(draft, task, claimsOf(record.verification));
  auditByPair(draft, task, lease, record);
  assembleWhenDone(draft);
}

function acceptedSegment(
  draft: Draft,
  lease: Lease,
  holder: Holder,
  outputs: readonly Output[],
  made: NonNullable<Lease["made"]>,
  checked: CheckedSegment,
): AcceptedSegment | null {
  const { rendition, segment } = checked;
  const media = outputs.find(
    (each) => each.kind === "media" && each.rendition === rendition && each.segment === segment,
  );
  const offered = initsOf(draft, lease.taskId, outputs, made.engine).find(
    (each) => each.rendition === rendition,
  );
  const init = offered === undefined ? undefined : draft.init(initId(offered));
  if (media === undefined || init === undefined) return null;
  return {
    ...checked,
    key: outputKey(draft.job.id, rendition, "media", media.sha256),
    initKey: init.key,
    sizeBytes: media.sizeBytes,
    sha256: media.sha256,
    provenance: {
      holder: holder.id,
      role: holder.role,
      engine: made.engine,
      attempt: lease.attempt,
      encodeMs: made.encodeMs,
      verified: "gate",
    },
  };
}

/** An audio task says nothing of how fast a holder makes video. */
function credit(draft: Draft, task: Task, holderId: string, encodeMs: number): void {
  const segments = draft.plan.segments;
  const first = segments[task.firstSegment];
  const next = segments[task.firstSegment + task.segmentCount];
  const ticks = (next?.startTicks ?? draft.plan.source.durationTicks) - (first?.startTicks ?? 0);
  draft.patchHolder(holderId, ({ tasksDone, mediaTicks, workMs }) => ({
    faults: 0,
    tasksDone: tasksDone + 1,
    mediaTicks: mediaTicks + (task.kind === "video" ? ticks : 0),
    workMs: workMs + (task.kind === "video" ? encodeMs : 0),
  }));
}

/**
 * All segments of a rendition and engine share one init segment: the first that was accepted. One
 * that came with a result that is not clear may be a lie; what a trusted holder brings decides.
 */
function refusedForInit(
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
    // Two strangers disagree: the first one's result is looked at, this one's is nobody's failure.
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

function initsOf(
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

/** The result does not count: an attempt of the task is used up. */
export function refuse(draft: Draft, lease: Lease, code: ErrorCode, message: string): void {
  const rejected = { type: "rejected", leaseId: lease.id, code, retryable: true, message } as const;
  const failure = { code, message, final: false };
  draft.send(lease.holderId, rejected);
  failLease(draft, lease, failure);
  countFault(draft, lease.holderId, failure);
}
