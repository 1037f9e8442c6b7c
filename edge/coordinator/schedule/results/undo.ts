import type { Task } from "../../../../shared/job/job.ts";
import { dropLease } from "../leases.ts";
import type { Draft } from "../state/draft.ts";
import {
  acceptedId,
  type Holder,
  type InitRecord,
  initId,
  type TaskRecord,
} from "../state/state.ts";

/** How results are undone, and who made them sent away. */

/** Nobody can tell whether the task's result is right: somebody else makes it anew. */
export function doubt(draft: Draft, task: TaskRecord): void {
  reopen(draft, task.id);
  const makerId = task.done?.holderId;
  if (makerId === undefined || draft.patchHolder(makerId, { agreed: 0 }) === undefined) return;
  draft.patchTask(task.id, ({ notFor }) => ({ notFor: [...notFor, makerId] }));
}

/** The task's result is a lie. */
export function convict(draft: Draft, task: TaskRecord): void {
  const maker = task.done === null ? undefined : draft.holder(task.done.holderId);
  if (maker !== undefined) ban(draft, maker, task.id);
  else reopen(draft, task.id);
}

/** A lie is proven: the holder is out, and whatever it made without proof is made again. */
export function ban(draft: Draft, liar: Holder, lieTaskId: string | null): void {
  draft.patchHolder(liar.id, { agreed: 0, banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === liar.id) dropLease(draft, lease);
  if (liar.connectionId !== null) {
    const message = "A result from here was not what the video shows.";
    draft.effects.push({ type: "ban", connectionId: liar.connectionId, message });
  }
  for (const task of draft.tasks()) {
    if (task.done?.holderId !== liar.id) continue;
    const proven = task.done.verified !== "gate" && task.id !== lieTaskId;
    if (!proven) reopen(draft, task.id);
  }
}

/** No liar, but it has to go. Results of it that are not clear have to be proven by others. */
export function sendAway(draft: Draft, holder: Holder, message: string): void {
  draft.patchHolder(holder.id, { banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === holder.id) dropLease(draft, lease);
  if (holder.connectionId !== null) {
    draft.effects.push({ type: "ban", connectionId: holder.connectionId, message });
  }
}

/** The result is gone: the task is as if it had not been done. */
export function reopen(draft: Draft, taskId: string): void {
  const planned = draft.planned.get(taskId);
  const task = draft.task(taskId);
  if (planned === undefined || task === undefined) return;
  let bytes = 0;
  for (const id of outputIds(planned)) {
    bytes += draft.accepted(id)?.sizeBytes ?? 0;
    draft.unaccept(id);
  }
  for (const init of draft.inits()) if (init.taskId === taskId) handOnInit(draft, init);
  const { bytesStored, tasksDone } = draft.job;
  draft.patchJob({ bytesStored: Math.max(0, bytesStored - bytes), tasksDone: tasksDone - 1 });
  const leases = task.leases.filter((id) => {
    const lease = draft.lease(id);
    if (lease?.audit !== "picture") {
      // Who is auditing it makes it anew, without knowing.
      draft.patchLease(id, { audit: null });
      return true;
    }
    // There is nothing left to look at.
    draft.dropLease(id);
    draft.send(lease.holderId, { type: "revoke", leaseId: id, code: "LEASE_LOST" });
    return false;
  });
  // A copy of it may have failed before this one was accepted.
  const idle = task.readyAtMs > draft.nowMs ? "backoff" : "ready";
  const state = leases.length > 0 ? "leased" : idle;
  draft.patchTask(taskId, { state, leases, done: null, proof: "clear" });
}

/** The result that brought an init is gone: another one vouches for it, or the next brings its own. */
function handOnInit(draft: Draft, init: InitRecord): void {
  for (const { id, done } of draft.tasks()) {
    const first = draft.planned.get(id)?.firstSegment;
    if (id === init.taskId || done === null || first === undefined) continue;
    if (draft.accepted(acceptedId(init.rendition, first))?.initKey !== init.key) continue;
    draft.putInit({ ...init, taskId: id });
    return;
  }
  draft.dropInit(initId(init));
}

/** Ids of all media that a task makes, as accepted. */
export function outputIds({ renditions, firstSegment, segmentCount }: Task): string[] {
  return renditions.flatMap((rendition) =>
    Array.from({ length: segmentCount }, (_, index) => acceptedId(rendition, firstSegment + index)),
  );
}
