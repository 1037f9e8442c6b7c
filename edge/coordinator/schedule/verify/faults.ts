import type { TaskFailure } from "../leases.ts";
import { sendAway } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import { countForPool } from "./pool-counts.ts";

/** Failures in a row, with no result accepted between them, after which a contributor is of no use. */
export const MAX_FAULTS = 5;

/**
 * A contributor failed: it said so, or its result was refused. Whoever only ever fails costs each task
 * an attempt and a backoff, so it has to go; what it made before is not doubted for it.
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
