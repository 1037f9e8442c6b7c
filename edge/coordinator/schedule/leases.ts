import type { ErrorCode } from "../../../shared/job/errors.ts";
import { taskBackoffMs } from "../../../shared/retry.ts";
import { leaseDueAtMs } from "./deadlines.ts";
import { endJob } from "./lifecycle.ts";
import type { Draft } from "./state/draft.ts";
import { type Holder, isHeard, type Lease, needsHolder, type TaskRecord } from "./state/records.ts";
import { BEAT_RECORDED_EVERY_MS } from "./state/state.ts";

/** How leases begin, continue and end. These functions change only the draft. */

/** Failed attempts after which a task fails for good. A holder that disappears is not a failed attempt. */
const MAX_ATTEMPTS = 3;

export function leaseId(taskId: string, number: number): string {
  return `${taskId}_${number}`;
}

export function taskIdOf(leaseId: string): string {
  return leaseId.slice(0, Math.max(0, leaseId.lastIndexOf("_")));
}

/** Adds a lease of a task, and ends the task's lost ones. `Candidates.grant` sends it to the holder. */
export function grantLease(
  draft: Draft,
  task: TaskRecord,
  holder: Holder,
  { purpose, engine }: Pick<Lease, "purpose" | "engine">,
): Lease {
  dropLeases(draft, lostLeases(draft, task));
  const number = task.granted + 1;
  const lease = draft.addLease({
    id: leaseId(task.id, number),
    taskId: task.id,
    holderId: holder.id,
    purpose,
    engine,
    lot: draft.random(),
    attempt: task.failures + 1,
    grantedAtMs: draft.nowMs,
    phase: "working",
    outputs: null,
    offers: 0,
    made: null,
    checks: 0,
    checkDueAtMs: 0,
    heardAtMs: draft.nowMs,
  });
  draft.putBeat(lease.id, { heardAtMs: draft.nowMs, progress: 0 });
  const state = task.done === null ? "leased" : task.state;
  draft.patchTask(task.id, ({ leases }) => {
    return { state, granted: number, leases: [...leases, lease.id] };
  });
  draft.moveVerification(task.id, { type: "audit-began" });
  return lease;
}

/** Notes a sign of life of a lease's holder. */
export function hear(draft: Draft, lease: Lease, progress?: number): Lease {
  const before = draft.beat(lease.id);
  draft.putBeat(lease.id, {
    // A deadline never moves to an earlier time. After an eviction, the assumed sign of life may be later than now.
    heardAtMs: Math.max(draft.nowMs, before?.heardAtMs ?? 0),
    progress: progress ?? before?.progress ?? 0,
  });
  if (draft.nowMs - lease.heardAtMs < BEAT_RECORDED_EVERY_MS) return lease;
  return draft.patchLease(lease.id, { heardAtMs: draft.nowMs }) ?? lease;
}

/**
 * The holder disappeared. The task becomes free for others, and the holder may resume it until one takes it. This is
 * not a failed attempt.
 */
export function loseLease(draft: Draft, lease: Lease): void {
  draft.patchLease(lease.id, { phase: "lost" });
  takeFromTask(draft, lease);
}

/** The lease is given back or taken away, and cannot be resumed. This is not a failed attempt. */
export function dropLease(draft: Draft, lease: Lease): void {
  draft.dropLease(lease.id);
  takeFromTask(draft, lease);
}

/** The lease if it can continue: it is live, or is restored here. Undefined when it is too late. */
export function claimLease(draft: Draft, lease: Lease): Lease | undefined {
  if (lease.phase !== "lost") return hear(draft, lease);
  const task = draft.task(lease.taskId);
  if (task === undefined || task.state !== "ready" || lease.purpose === "compare") return undefined;
  draft.patchTask(task.id, { state: "leased", leases: [...task.leases, lease.id] });
  const phase = lease.outputs === null ? "working" : "uploading";
  const claimed = draft.patchLease(lease.id, { phase });
  return claimed && hear(draft, claimed);
}

/** Why an attempt at a task failed. */
export interface TaskFailure {
  code: ErrorCode;
  message: string;
  /** A further attempt would fail, too. */
  final: boolean;
}

/** Ends a lease as a failed attempt of its task. */
export function failLease(draft: Draft, lease: Lease, failure: TaskFailure): void {
  dropLease(draft, lease);
  const byContributor = draft.holder(lease.holderId)?.role === "contributor";
  failTask(draft, lease.taskId, failure, byContributor);
}

/**
 * Whether the next attempt is the task's last one and a trusted holder is connected, for which it is then reserved.
 */
export function isForTrusted(draft: Draft, task: TaskRecord): boolean {
  if (task.failures < MAX_ATTEMPTS - 1) return false;
  return draft.holders().some(({ role, connectionId, slots }) => {
    return role !== "contributor" && connectionId !== null && slots > 0;
  });
}

/**
 * Counts a failed attempt. The task is tried again after a while, or the job fails with its last attempt.
 * @param byContributor whether the attempt was a contributor's, which cannot use up the last one: a helper that always
 * fails could end the job while its owner is away
 */
export function failTask(
  draft: Draft,
  taskId: string,
  failure: TaskFailure,
  byContributor = false,
): void {
  const task = draft.task(taskId);
  if (task === undefined || task.state === "done") return;
  const isLastLeft = task.failures >= MAX_ATTEMPTS - 1;
  const failures = task.failures + (byContributor && isLastLeft ? 0 : 1);
  const patch = { failures, lastError: failure.code };
  if (failure.final || failures >= MAX_ATTEMPTS) {
    draft.patchTask(taskId, { ...patch, state: "failed" });
    const code = failure.final ? failure.code : "TASK_FAILED";
    endJob(draft, "failed", { code, message: failure.message });
  } else {
    const readyAtMs = draft.nowMs + taskBackoffMs(failures, isLone(draft));
    const state = task.leases.length > 0 ? task.state : "backoff";
    draft.patchTask(taskId, { ...patch, state, readyAtMs });
  }
}

/** Whether at most one holder could take a task now. */
function isLone(draft: Draft): boolean {
  return draft.holders().filter((one) => isHeard(one) && one.slots > 0 && !one.banned).length <= 1;
}

/** Ends leases whose holder was silent too long, and frees tasks whose backoff is over. */
export function expire(draft: Draft): void {
  for (const lease of draft.leases()) {
    if (!needsHolder(lease) || leaseDueAtMs(lease, draft.beat(lease.id)) > draft.nowMs) continue;
    loseLease(draft, lease);
    draft.patchHolder(lease.holderId, { silent: true });
  }
  for (const id of draft.backingOff()) {
    const task = draft.task(id);
    if (task?.state === "backoff" && task.readyAtMs <= draft.nowMs) {
      draft.patchTask(id, { state: "ready", readyAtMs: 0 });
    }
  }
}

/** Ends a task's other leases, live or lost, and tells their holders. */
export function revokeOthers(
  draft: Draft,
  taskId: string,
  keep: readonly string[],
  code: ErrorCode,
): void {
  const task = draft.task(taskId);
  if (task === undefined) return;
  for (const id of task.leases) {
    const lease = draft.lease(id);
    if (keep.includes(id) || lease === undefined) continue;
    draft.dropLease(id);
    draft.send(lease.holderId, { type: "revoke", leaseId: id, code });
  }
  dropLeases(draft, lostLeases(draft, task));
}

function lostLeases(draft: Draft, task: TaskRecord): Lease[] {
  const lost: Lease[] = [];
  for (let number = 1; number <= task.granted; number += 1) {
    const lease = draft.lease(leaseId(task.id, number));
    if (lease?.phase === "lost") lost.push(lease);
  }
  return lost;
}

function dropLeases(draft: Draft, leases: readonly Lease[]): void {
  for (const { id } of leases) draft.dropLease(id);
}

function takeFromTask(draft: Draft, lease: Lease): void {
  const task = draft.task(lease.taskId);
  if (task === undefined || !task.leases.includes(lease.id)) return;
  const leases = task.leases.filter((id) => id !== lease.id);
  // If a copy of the task has failed in the meantime, the task waits before it is tried again.
  const idle = task.readyAtMs > draft.nowMs ? "backoff" : "ready";
  const state = task.state === "leased" && leases.length === 0 ? idle : task.state;
  draft.patchTask(task.id, { leases, state });
  if (leases.length === 0) draft.moveVerification(task.id, { type: "audits-ended" });
}
