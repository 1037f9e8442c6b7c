import { RENEW_EVERY_MS } from "../../../shared/protocol.ts";
import type { Draft } from "./draft.ts";
import { speed, taskTicks } from "./pace.ts";
import type { Lease } from "./state.ts";

/** Two heartbeats and a half. */
const QUIET_MS = 2.5 * RENEW_EVERY_MS;

export interface Straggler {
  lease: Lease;
  remainingMs: number;
  /** Not begun: its holder is busy with an earlier one. */
  isWaiting: boolean;
}

/** Leases at work, the one that would be done last first. */
export function stragglers(draft: Draft, fastest: number): Straggler[] {
  const found: Straggler[] = [];
  const byHolder = new Map<string, number[]>();
  for (const lease of draft.leases()) {
    if (lease.phase !== "working") continue;
    const before = byHolder.get(lease.holderId) ?? [];
    byHolder.set(lease.holderId, before);
    const slots = Math.max(1, draft.holder(lease.holderId)?.slots ?? 1);
    // Leases of one holder come in the order of their grants, and so does its work.
    const waitsMs = before[before.length - slots];
    const ownMs = remainingMs(draft, lease, fastest);
    before.push(ownMs + (waitsMs ?? 0));
    if (lease.audit !== null) continue;
    const isWaiting = waitsMs !== undefined && (draft.beat(lease.id)?.progress ?? 0) === 0;
    found.push({ lease, remainingMs: ownMs + (waitsMs ?? 0), isWaiting });
  }
  return found.sort((a, b) => b.remainingMs - a.remainingMs);
}

/**
 * What a lease still needs: by its holder's speed, or by its progress where that is not known or
 * wrong. Who has made nothing yet is taken to be as fast as the fastest, for a while.
 */
function remainingMs(draft: Draft, lease: Lease, fastest: number): number {
  const elapsedMs = draft.nowMs - lease.grantedAtMs;
  const beat = draft.beat(lease.id);
  const quietMs = draft.nowMs - (beat?.heardAtMs ?? lease.grantedAtMs);
  // Nobody may be there any more.
  if (quietMs > QUIET_MS) return Number.POSITIVE_INFINITY;
  const progress = beat?.progress ?? 0;
  const byProgressMs =
    progress > 0.05
      ? Math.max(0, ((elapsedMs - quietMs) * (1 - progress)) / progress - quietMs)
      : elapsedMs;
  const holder = draft.holder(lease.holderId);
  const measured = holder === undefined ? Number.POSITIVE_INFINITY : speed(holder);
  const isKnown = Number.isFinite(measured);
  const pace = isKnown ? measured : fastest;
  if (pace <= 0 || (!isKnown && progress > 0.05)) return byProgressMs;
  const wholeMs = taskTicks(draft, lease.taskId) / pace;
  // The time since the grant may have been spent on waiting for the task before.
  const bySpeedMs = Math.max(0, wholeMs * (1 - progress) - quietMs);
  return elapsedMs > 2.5 * wholeMs ? Math.max(bySpeedMs, byProgressMs) : bySpeedMs;
}
