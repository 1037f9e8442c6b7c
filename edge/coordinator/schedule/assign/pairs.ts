import type { Draft } from "../state/draft.ts";
import type { Lease, TaskRecord } from "../state/records.ts";
import { willBeAudited } from "../verify/auditors.ts";
import { waitingOf } from "../verify/trust.ts";
import type { Forecast } from "./forecast.ts";

/** A lease whose result is sure to be audited, and the milliseconds until it is encoded. */
export interface ToPair {
  lease: Lease;
  remainingMs: number;
}

/** Leases at work whose results are sure to be audited, sorted by their forecast end; the earliest comes first. */
export function leasesToPair(draft: Draft, forecast: Forecast): ToPair[] {
  if (draft.job.settings.verify === "off") return [];
  const waiting = waitingOf(draft);
  const firstFirst = forecast.lastFirst().reverse();
  return firstFirst.flatMap(({ leases: [lease, another], remainingMs }) => {
    if (lease === undefined || another !== undefined) return [];
    const isSure = willBeAudited(draft, lease, waiting);
    return isSure ? { lease, remainingMs } : [];
  });
}

/**
 * Whether a second run may begin in parallel with the first one. The first lease may have been taken away in the
 * meantime.
 */
export function mayBePaired(
  { state, verification, readyAtMs, leases: [first, ...others] }: TaskRecord,
  lease: Lease,
  nowMs: number,
): boolean {
  const isAlone = first === lease.id && others.length === 0;
  const isUndisputed = verification.state === "unverified";
  return isAlone && state === "leased" && isUndisputed && readyAtMs <= nowMs;
}
