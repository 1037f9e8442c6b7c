import { hasEnded } from "../../../shared/job/job.ts";
import { HEARTBEAT_SILENCE_MS } from "../../../shared/wire/protocol.ts";
import { OWNER_GONE_AFTER_MS } from "./lifecycle.ts";
import { serversDueAtMs } from "./servers.ts";
import { type Lease, needsHolder, type TaskRecord } from "./state/records.ts";
import type { Beat, Changes, State } from "./state/state.ts";

/** Deadlines, in milliseconds since the epoch; `NEVER` where nothing is due at a time. */
export const NEVER = Number.POSITIVE_INFINITY;

/**
 * Milliseconds without a holder that could audit. After this the job waits for a trusted holder, or publishes without
 * audits. The second value holds where all chunks are staged.
 */
const NO_AUDITOR_MS = 120_000;
const NO_AUDITOR_STAGED_MS = 15_000;

/**
 * The earliest deadline among records of the state. Most events only look at the changed records, and keep a lower
 * bound in the state (`dueMs`).
 * @param among all records, or the changed ones; the state has the changes already
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

/** The time by which the holder must have been heard, or the gate must have answered. */
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

/**
 * When the absence of auditors has to be acted upon; null while an auditor is connected, or after the job was marked as
 * waiting for one.
 */
export function auditDueAtMs(job: {
  unauditedSinceMs: number | null;
  awaitsTrusted: boolean;
  settings: { stageAll: boolean };
}) {
  if (job.unauditedSinceMs === null || job.awaitsTrusted) return null;
  return job.unauditedSinceMs + (job.settings.stageAll ? NO_AUDITOR_STAGED_MS : NO_AUDITOR_MS);
}
