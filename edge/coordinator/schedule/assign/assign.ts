import { hasEnded } from "../../../../shared/job/job.ts";
import type { Draft } from "../state/draft.ts";
import { needsHolder, type TaskRecord } from "../state/records.ts";
import { Round } from "./round.ts";

const LOOK_AGAIN_MS = 1_000;
/**
 * Backup copies are considered at once when a holder becomes free, unless they were less than this many milliseconds
 * ago.
 */
const LOOK_AT_MOST_EVERY_MS = 250;

/**
 * Assigns work to holders with free slots: ready tasks and audits in order of need, to the fastest holder first, one
 * for each in turn. When no task is left, free holders make backup copies of the tasks that would be finished last.
 */
export function assign(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  const candidates = draft.holders().filter(({ connectionId, want, silent, banned }) => {
    return connectionId !== null && want > 0 && !silent && !banned;
  });
  if (candidates.length === 0) {
    if (draft.job.backupDueAtMs !== null) draft.patchJob({ backupDueAtMs: null });
    return;
  }

  const open: TaskRecord[] = [];
  for (const task of draft.tasks()) {
    if (task.state === "ready" || isToAudit(task)) open.push(task);
  }
  const { backupDueAtMs } = draft.job;
  const lookedAtMs = (backupDueAtMs ?? Number.NEGATIVE_INFINITY) - LOOK_AGAIN_MS;
  const isBackupDue = draft.nowMs - lookedAtMs >= LOOK_AT_MOST_EVERY_MS;
  // A thousand holders may become idle one by one. This avoids a new forecast for each.
  if (open.length === 0 && !isBackupDue) return;

  const audits = open.filter(isToAudit).length;
  const round = new Round(draft, candidates, { tasks: open.length - audits, audits });
  const isLast = audits === open.length;
  // Late tasks come before the audits, because their own audits still have to follow.
  if (isLast && isBackupDue) round.backUp();
  round.auditEarlyByTrusted();
  for (const task of open) {
    if (round.isOver()) break;
    if (task.state === "ready") round.give(task);
    else round.giveAudit(task);
  }
  if (isBackupDue) {
    if (!isLast) round.backUp();
    round.auditEarly();
  }
  round.end();
  watchForBackups(draft, !round.isOver(), isBackupDue);
}

function isToAudit({ verification }: TaskRecord): boolean {
  return verification.state === "audit-due";
}

/** While some holders are free and others are at work, a backup copy may become worthwhile with time alone. */
function watchForBackups(draft: Draft, isAnybodyFree: boolean, haveLooked: boolean): void {
  const { backupDueAtMs } = draft.job;
  const watch = isAnybodyFree && draft.leases().some(needsHolder);
  if (!watch && backupDueAtMs !== null) draft.patchJob({ backupDueAtMs: null });
  else if (watch && haveLooked) draft.patchJob({ backupDueAtMs: draft.nowMs + LOOK_AGAIN_MS });
}
