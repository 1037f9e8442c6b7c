import type { Draft } from "./draft.ts";
import { grantLease } from "./leases.ts";
import { type Holder, isEnded, type TaskRecord } from "./state.ts";

/**
 * Hands ready tasks to holders with free places: tasks in order of need, the fastest holder first,
 * one each in turn.
 */
export function assign(draft: Draft): void {
  if (isEnded(draft.job)) return;
  const takers = draft
    .holders()
    .filter(({ connectionId, want, silent }) => connectionId !== null && want > 0 && !silent)
    .sort((a, b) => speed(b) - speed(a));
  if (takers.length === 0) return;

  const taken = new Map<string, string[]>(takers.map(({ id }) => [id, []]));
  let turn = takers;
  for (const task of draft.tasks()) {
    if (turn.length === 0) break;
    if (task.state !== "ready") continue;
    const index = turn.findIndex((holder) => mayTake(holder, task));
    const holder = turn[index];
    if (holder === undefined) continue;
    const leaseIds = taken.get(holder.id) ?? [];
    leaseIds.push(grantLease(draft, task, holder).id);
    // To the back of the queue, or out of it.
    turn = [...turn.slice(0, index), ...turn.slice(index + 1)];
    if (leaseIds.length < holder.want) turn.push(holder);
  }

  for (const holder of takers) {
    const leaseIds = taken.get(holder.id) ?? [];
    const { connectionId } = holder;
    if (leaseIds.length === 0 || connectionId === null) continue;
    draft.putHolder({ ...holder, want: holder.want - leaseIds.length });
    draft.effects.push({ type: "grant", connectionId, leaseIds });
    if (draft.job.state === "planned") draft.patchJob({ state: "running" });
  }
}

function mayTake(holder: Holder, task: TaskRecord): boolean {
  return holder.hasSource || task.chunk?.stored === true;
}

/** Media seconds a second of work; holders that are not known yet come first, to become known. */
export function speed({ mediaTicks, workMs }: Holder): number {
  return workMs > 0 ? mediaTicks / workMs : Number.POSITIVE_INFINITY;
}
