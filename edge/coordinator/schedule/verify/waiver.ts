import { hasEnded } from "../../../../shared/job/job.ts";
import { auditDueAtMs } from "../deadlines.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { invalidate } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import type { TaskRecord } from "../state/records.ts";
import { awaitsAudit } from "./verification.ts";
import { auditOf, canComparePictures, isTrusted } from "./verifying.ts";

/** What becomes of results that nothing will verify by itself. */

const UNVERIFIED_WARNING =
  "Some parts were made by helpers and could not be made a second time to verify them.";

/** Marks the newest unverified results for an audit where nothing else will clear the rest. */
export function settleUnverified(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  const allDone = draft.job.tasksDone === draft.plan.tasks.length;
  const newest = new Map<string, TaskRecord>();
  const audited = new Set<string>();
  for (const task of draft.unclear()) {
    const { done, verification } = task;
    if (done === null) continue;
    if (awaitsAudit(verification)) audited.add(done.holderId);
    const other = newest.get(done.holderId)?.done?.acceptedAtMs ?? -1;
    const isNewest = done.acceptedAtMs >= other;
    if (verification.state === "unverified" && isNewest) newest.set(done.holderId, task);
  }
  const mayMakeMore = newest.size === 0 || allDone ? () => false : whoMayMakeMore(draft);
  for (const [holderId, { id }] of newest) {
    if (audited.has(holderId) || mayMakeMore(holderId)) continue;
    draft.moveVerification(id, { type: "drawn" });
  }
  passWithoutAuditor(draft, allDone);
}

/** Who is here and at work, or has something to take. A copy may come later: its result is audited then. */
function whoMayMakeMore(draft: Draft): (holderId: string) => boolean {
  const isAnyReady = [...draft.tasks()].some(
    ({ state }) => state === "ready" || state === "backoff",
  );
  const atWork = new Set(draft.leases().map(({ holderId }) => holderId));
  return (holderId) => {
    const isHere = (draft.holder(holderId)?.connectionId ?? null) !== null;
    return isHere && (isAnyReady || atWork.has(holderId));
  };
}

/** Everything else is done, and nobody is there who could audit: better a warning than no video. */
function passWithoutAuditor(draft: Draft, allDone: boolean): void {
  const unclear = draft.unclear();
  const waits = allDone && unclear.length > 0 && !canBeAudited(draft, unclear);
  const { unauditedSinceMs } = draft.job;
  if (!waits) {
    if (unauditedSinceMs !== null) draft.patchJob({ unauditedSinceMs: null });
    return;
  }
  if (unauditedSinceMs === null) draft.patchJob({ unauditedSinceMs: draft.nowMs });
  if ((auditDueAtMs(draft.job) ?? 0) > draft.nowMs) return;
  draft.patchJob({ unauditedSinceMs: null });
  for (const task of unclear) {
    // Pictures that nobody here can look at can still be made anew, such that others can verify them.
    if (auditOf(task) === "picture" && isForAnother(draft, task)) invalidate(draft, task.id);
    else pass(draft, task.id);
  }
  assembleWhenDone(draft);
}

function pass(draft: Draft, taskId: string): void {
  draft.moveVerification(taskId, { type: "verified", by: "gate" });
  const warnings = [...new Set([...draft.job.warnings, UNVERIFIED_WARNING])];
  draft.patchJob({ warnings });
}

/** Whether somebody is there who could make it instead of its maker. */
function isForAnother(draft: Draft, { done, chunk, verification }: TaskRecord): boolean {
  return draft.holders().some(({ id, connectionId, silent, banned, slots, hasSource }) => {
    const isHere = connectionId !== null && !silent && !banned && slots > 0;
    const may = id !== done?.holderId && !verification.excluded.includes(id);
    return isHere && may && (hasSource || chunk?.stored === true);
  });
}

function canBeAudited(draft: Draft, unclear: readonly TaskRecord[]): boolean {
  return draft.holders().some((holder) => {
    if (holder.connectionId === null || holder.banned) return false;
    return unclear.some((task) => {
      const { done, leases, chunk, verification } = task;
      const hasChunk = holder.hasSource || chunk?.stored === true;
      const can = auditOf(task) === "hash" || canComparePictures(holder);
      const may = isTrusted(holder) || !verification.excluded.includes(holder.id);
      return leases.length > 0 || (can && may && hasChunk && done?.holderId !== holder.id);
    });
  });
}
