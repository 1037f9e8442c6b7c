import { changedDeadlineMs, earliestDeadlineMs } from "./deadlines.ts";
import type { Decision } from "./draft.ts";
import type { State } from "./state.ts";

/** Takes a decision's changes over, in place. */
export function applyChanges(state: State, { changes, isSettled }: Decision): void {
  if (changes.job !== null) state.job = changes.job;
  for (const [id, task] of changes.tasks) {
    state.tasks.set(id, task);
    if (task.state === "backoff") state.backingOff.add(id);
    else state.backingOff.delete(id);
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
  for (const [id, init] of changes.inits) state.inits.set(id, init);
  for (const [id, each] of changes.accepted) state.accepted.set(id, each);
  // Heartbeats only move deadlines away: between two settlings the bound need not be walked anew.
  state.dueMs = isSettled
    ? earliestDeadlineMs(state)
    : Math.min(state.dueMs, changedDeadlineMs(state, changes));
}
