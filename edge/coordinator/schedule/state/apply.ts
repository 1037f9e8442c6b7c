import { changedDeadlineMs, earliestDeadlineMs } from "../deadlines.ts";
import type { Decision } from "./effect.ts";
import { isUnclear } from "./records.ts";
import type { State } from "./state.ts";

/** Takes a decision's changes over, in place. */
export function applyChanges(state: State, { changes, isSettled }: Decision): void {
  if (changes.job !== null) state.job = changes.job;
  for (const [id, task] of changes.tasks) {
    state.tasks.set(id, task);
    if (task.state === "backoff") state.backingOff.add(id);
    else state.backingOff.delete(id);
    if (isUnclear(task)) state.unclear.add(id);
    else state.unclear.delete(id);
  }
  for (const [id, beat] of changes.beats) state.beats.set(id, beat);
  for (const [id, lease] of changes.leases) {
    if (lease !== null) {
      state.leases.set(id, lease);
    } else {
      state.leases.delete(id);
      state.beats.delete(id);
    }
  }
  for (const [id, holder] of changes.holders) state.holders.set(id, holder);
  for (const [id, init] of changes.inits) {
    if (init !== null) state.inits.set(id, init);
    else state.inits.delete(id);
  }
  for (const [id, each] of changes.accepted) {
    if (each !== null) state.accepted.set(id, each);
    else state.accepted.delete(id);
  }
  // Heartbeats only move deadlines away: between two settlings the bound need not be walked anew.
  state.dueMs = isSettled
    ? earliestDeadlineMs(state)
    : Math.min(state.dueMs, changedDeadlineMs(state, changes));
}
