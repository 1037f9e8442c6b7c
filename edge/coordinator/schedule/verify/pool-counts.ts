import type { Draft } from "../state/draft.ts";
import type { PoolMember } from "../state/records.ts";

/** Counts of the members of a job's pool, for the records that the pool keeps over many jobs. */

type Counts = Omit<PoolMember, "memberId" | "proven">;

export function newPoolMember({
  memberId,
  proven,
}: Pick<PoolMember, "memberId" | "proven">): PoolMember {
  const none = { byHash: 0, byPicture: 0, disputes: 0, lies: 0, failures: 0, frames: 0, bytes: 0 };
  return { memberId, proven, ...none };
}

/** Adds to the counts of a holder that is a member of a pool. Does nothing for other holders. */
export function countForPool(draft: Draft, holderId: string, more: Partial<Counts>): void {
  const pool = draft.holder(holderId)?.pool ?? null;
  if (pool === null) return;
  const sums = { ...pool };
  for (const key of KEYS) sums[key] += more[key] ?? 0;
  draft.patchHolder(holderId, { pool: sums });
}

const KEYS = ["byHash", "byPicture", "disputes", "lies", "failures", "frames", "bytes"] as const;
