import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { LeaseGrant } from "../wire/lease.ts";

/** A lease while its holder works on it. */

export type LeaseStage = "fetching" | "queued" | "encoding" | "uploading";

/** What others may know of it. */
export interface LiveLease {
  readonly leaseId: string;
  readonly taskId: string;
  stage: LeaseStage;
  progress: number;
}

/** As the lease loop has it. */
export interface Lease extends LiveLease {
  grant: LeaseGrant;
  abort: AbortController;
  takenAtMs: number;
  /** When it got its slot; null before and without one. */
  beganAtMs: number | null;
  /** Accepted while it was still being uploaded. */
  isProven: boolean;
  /** The message that waits for an answer; sent again after a silence or a reconnect. */
  asking: { message: HolderMessage; answer(message: CoordinatorMessage): void } | null;
}
