import { hasEnded } from "../../../shared/job/job.ts";
import { HEARTBEAT_SILENCE_MS } from "../../../shared/wire/protocol.ts";
import { OWNER_GONE_AFTER_MS } from "./lifecycle.ts";
import { serversDueAtMs } from "./servers.ts";
import { type Lease, needsHolder, type TaskRecord } from "./state/records.ts";
import type { Beat, Changes, State } from "./state/state.ts";

/** When something is due by itself, in ms since the epoch; `NEVER` when nothing waits for time. */
export const NEVER = Number.POSITIVE_INFINITY;

/** Without anybody who could audit, the job waits for somebody trusted after this, or does without. */
const NO_AUDITOR_MS = 120_000;
const NO_AUDITOR_STAGED_MS = 15_000;

/**
 * The earliest among records of the state. Walking all is exact; the state keeps a bound, `dueMs`, for
 * most events.
 * @param among all of the state's, or what was changed: the state has the changes already
 */
export function earliestDeadlineMs(
  state: State,
  among: Pick<Changes, "job" | "leases" | "tasks"> = state,
): number {
  let earliest = among.job === null ? NEVER : jobDueAtMs(state);
  for (const [id, lease] of among.leases) {
    if (lease !== null) earliest = Math.min(earliest, leaseDueAtMs(lease, state.beats.get(id)));
  }
  if (hasEnded(state.job.state)) return earliest;
  for (const task of among.tasks.values()) earliest = Math.min(earliest, taskDueAtMs(task));
  return earliest;
}

/** Until then the holder must be heard, or the gate. */
export function leaseDueAtMs(lease: Lease, beat: Beat | undefined): number {
  if (lease.phase === "checking") return lease.checkDueAtMs;
  return needsHolder(lease) ? (beat?.heardAtMs ?? lease.heardAtMs) + HEARTBEAT_SILENCE_MS : NEVER;
}

function taskDueAtMs({ state, readyAtMs, staging }: TaskRecord): number {
  const backoffEndsMs = state === "backoff" ? readyAtMs : NEVER;
  return Math.min(backoffEndsMs, state === "done" ? NEVER : (staging?.dueAtMs ?? NEVER));
}

function jobDueAtMs(state: State): number {
  const { chores, stuckSinceMs } = state.job;
  const due = Object.values(chores).map((chore) => chore?.dueAtMs ?? NEVER);
  const givenUpMs = stuckSinceMs === null ? NEVER : stuckSinceMs + OWNER_GONE_AFTER_MS;
  return Math.min(
    ...due,
    givenUpMs,
    serversDueAtMs(state) ?? NEVER,
    auditDueAtMs(state.job) ?? NEVER,
    state.job.backupDueAtMs ?? NEVER,
  );
}

/** How long an auditor may stay away before it is known to be missing; null while none is, or it is known. */
export function auditDueAtMs(job: {
  unauditedSinceMs: number | null;
  awaitsTrusted: boolean;
  settings: { stageAll: boolean };
}) {
  if (job.unauditedSinceMs === null || job.awaitsTrusted) return null;
  return job.unauditedSinceMs + (job.settings.stageAll ? NO_AUDITOR_STAGED_MS : NO_AUDITOR_MS);
}
