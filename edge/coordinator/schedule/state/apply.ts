import { earliestDeadlineMs } from "../deadlines.ts";
import type { Decision } from "./effect.ts";
import { isUnclear } from "./records.ts";
import type { State } from "./state.ts";

/** Applies a decision's changes to the state, in place. */
export function applyChanges(state: State, { changes, isSettled }: Decision): void {
  if (changes.job !== null) state.job = changes.job;
  for (const [id, task] of changes.tasks) {
    state.tasks.set(id, task);
    if (task.state === "backoff") state.backingOff.add(id);
    else state.backingOff.delete(id);
    if (isUnclear(task)) state.unclear.add(id);
    else state.unclear.delete(id);
  }
  replace(state.beats, changes.beats);
  replace(state.leases, changes.leases);
  for (const [id, lease] of changes.leases) if (lease === null) state.beats.delete(id);
  replace(state.holders, changes.holders);
  replace(state.inits, changes.inits);
  replace(state.accepted, changes.accepted);
  // Heartbeats only move deadlines to later times. So between two settled decisions a bound suffices, and not all
  // records are read.
  state.dueMs = isSettled
    ? earliestDeadlineMs(state)
    : Math.min(state.dueMs, earliestDeadlineMs(state, changes));
}

function replace<T>(records: Map<string, T>, changes: ReadonlyMap<string, T | null>): void {
  for (const [id, changed] of changes) {
    if (changed !== null) records.set(id, changed);
    else records.delete(id);
  }
}
