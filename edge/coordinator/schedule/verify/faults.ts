import type { TaskFailure } from "../leases.ts";
import { sendAway } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import { countForPool } from "./pool-counts.ts";

/** Failures in a row, without an accepted result between them, after which a contributor is removed. */
export const MAX_FAULTS = 5;

/**
 * Counts a contributor's failure: it reported one, or its result was refused. A contributor that always fails costs
 * each task an attempt and a backoff, so it is removed. Its earlier results are not affected.
 */
export function countFault(draft: Draft, holderId: string, { message }: TaskFailure): void {
  const holder = draft.holder(holderId);
  if (holder?.role !== "contributor" || holder.banned) return;
  countForPool(draft, holderId, { failures: 1 });
  const counted = draft.patchHolder(holderId, ({ faults }) => ({ faults: faults + 1 }));
  if (counted === undefined || counted.faults < MAX_FAULTS) return;
  const reason = `${MAX_FAULTS} pieces in a row failed on this device, so it cannot help with this video.`;
  sendAway(draft, holderId, `${reason} The last one: ${message}`);
}
