import type { Draft } from "../state/draft.ts";
import type { Lease, TaskRecord } from "../state/records.ts";
import { willBeAudited } from "../verify/auditors.ts";
import { waitingOf } from "../verify/trust.ts";
import type { Forecast } from "./forecast.ts";

/** Work that is sure to be audited, and how long it still takes. */
export interface ToPair {
  lease: Lease;
  remainingMs: number;
}

/** Leases at work whose result is sure to be audited, the first to be done first. */
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

/** Whether a second run may begin beside the first one, which may have been taken away meanwhile. */
export function mayBePaired(
  { state, verification, readyAtMs, leases: [first, ...others] }: TaskRecord,
  lease: Lease,
  nowMs: number,
): boolean {
  const isAlone = first === lease.id && others.length === 0;
  const isUndisputed = verification.state === "unverified";
  return isAlone && state === "leased" && isUndisputed && readyAtMs <= nowMs;
}
