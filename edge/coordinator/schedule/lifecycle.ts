import { type EndState, hasEnded, type JobState } from "../../../shared/job/job.ts";
import type { Reason } from "../../../shared/wire/problem.ts";
import type { Draft } from "./state/draft.ts";
import { type ChoreKind, isHeard } from "./state/records.ts";

/** How a job starts and ends, and the chores that the platform does for it. */

/** Milliseconds for which a job's chunks and its coordinator are kept after its end. */
export const CLEANUP_AFTER_MS = 3_600_000;
/** Milliseconds after which a job fails if no holder could continue it. */
export const OWNER_GONE_AFTER_MS = 24 * 3_600_000;
/** Milliseconds after which a chore without an answer is repeated. */
const CHORE_RETRY_MS = 60_000;

/** Ends the job for good. Its leases end, its row in the catalogue is written now, and storage is cleaned up later. */
export function endJob(draft: Draft, state: EndState, error: Reason | null): void {
  draft.patchJob({
    state,
    error,
    endedAtMs: draft.nowMs,
    stuckSinceMs: null,
    unauditedSinceMs: null,
    awaitsTrusted: false,
    backupDueAtMs: null,
    chores: {
      catalog: { dueAtMs: draft.nowMs },
      cleanup: { dueAtMs: draft.nowMs + CLEANUP_AFTER_MS },
    },
  });
  const code = state === "cancelled" ? "CANCELLED" : "JOB_ENDED";
  for (const lease of draft.leases()) {
    draft.dropLease(lease.id);
    if (lease.phase !== "lost") {
      draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code });
    }
  }
  for (const task of draft.tasks()) {
    if (task.state === "leased" || task.state === "backoff") {
      draft.patchTask(task.id, { state: "ready", leases: [], readyAtMs: 0 });
    } else if (task.leases.length > 0) {
      draft.patchTask(task.id, { leases: [] });
      draft.moveVerification(task.id, { type: "audits-ended" });
    }
  }
}

/** Starts to assemble the playlists once all tasks are done and no result awaits its verification. */
export function assembleWhenDone(draft: Draft): void {
  const { job, plan } = draft;
  if (job.state !== "running" || job.tasksDone < plan.tasks.length) return;
  if (draft.unclear().length > 0) return;
  draft.patchJob({
    state: "assembling",
    chores: { ...job.chores, assemble: { dueAtMs: draft.nowMs } },
  });
}

/**
 * Takes the answer that a chore is done.
 * @param forState state of the job when the chore was started; if the job has ended since, the catalogue's chore is
 * repeated
 */
export function choreDone(draft: Draft, kind: ChoreKind, forState: JobState): void {
  const { job } = draft;
  const { [kind]: done, ...chores } = job.chores;
  if (done === undefined) return;
  if (kind === "catalog" && forState !== job.state && hasEnded(job.state)) {
    // The row that was written does not have the end of the job yet.
    draft.patchJob({ chores: { ...chores, catalog: { dueAtMs: draft.nowMs } } });
    return;
  }
  draft.patchJob({ chores });
  if (kind === "assemble" && job.state === "assembling") endJob(draft, "ready", null);
}

/** Requests the chores that are due. */
export function runChores(draft: Draft): void {
  const { chores } = draft.job;
  const due = (Object.keys(chores) as ChoreKind[]).filter(
    (kind) => (chores[kind]?.dueAtMs ?? Number.POSITIVE_INFINITY) <= draft.nowMs,
  );
  if (due.length === 0) return;
  const asked = Object.fromEntries(
    due.map((kind) => [kind, { dueAtMs: draft.nowMs + CHORE_RETRY_MS, asked: true }]),
  );
  draft.patchJob({ chores: { ...chores, ...asked } });
  for (const kind of due) draft.effects.push({ type: "chore", kind });
}

/** Requests all chores under way again after an eviction, because they may not have been done. */
export function askAgain(draft: Draft): void {
  const chores = { ...draft.job.chores };
  for (const kind of Object.keys(chores) as ChoreKind[]) {
    if (chores[kind]?.asked === true) chores[kind] = { dueAtMs: draft.nowMs, asked: true };
  }
  draft.patchJob({ chores });
}

/** Fails a job that no holder could continue for a day. */
export function watchForHolders(draft: Draft): void {
  const { job } = draft;
  if (job.state !== "planned" && job.state !== "running") return;
  if (canGoOn(draft)) {
    if (job.stuckSinceMs !== null) draft.patchJob({ stuckSinceMs: null });
  } else if (job.stuckSinceMs === null) {
    draft.patchJob({ stuckSinceMs: draft.nowMs });
  } else if (draft.nowMs - job.stuckSinceMs >= OWNER_GONE_AFTER_MS) {
    endJob(draft, "failed", {
      code: "OWNER_GONE",
      message: "The tab with the video did not come back for a day.",
    });
  }
}

function canGoOn(draft: Draft): boolean {
  const present = draft.holders().filter(isHeard);
  if (present.length === 0) return false;
  if (present.some(({ hasSource }) => hasSource)) return true;
  // A trusted holder can verify results, or make them again.
  if (draft.unclear().length > 0 && present.some(({ role }) => role !== "contributor")) {
    return true;
  }
  for (const { state, chunk } of draft.tasks()) {
    if (state !== "done" && chunk?.stored === true) return true;
  }
  return false;
}
