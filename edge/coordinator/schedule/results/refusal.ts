import type { ErrorCode } from "../../../../shared/job/errors.ts";
import { failLease } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import type { Lease } from "../state/records.ts";
import { countFault } from "../verify/faults.ts";

/** Refuses a result. This counts as a failed attempt of the task. */
export function refuse(draft: Draft, lease: Lease, code: ErrorCode, message: string): void {
  const rejected = { type: "rejected", leaseId: lease.id, code, retryable: true, message } as const;
  const failure = { code, message, final: false };
  draft.send(lease.holderId, rejected);
  failLease(draft, lease, failure);
  countFault(draft, lease.holderId, failure);
}
