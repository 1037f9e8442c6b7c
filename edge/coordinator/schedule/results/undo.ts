import type { Task } from "../../../../shared/job/job.ts";
import { notice } from "../../../../shared/job/notice.ts";
import { dropLease } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import type { Draft } from "../state/draft.ts";
import { type InitRecord, isProven } from "../state/records.ts";
import { acceptedId, initId } from "../state/state.ts";
import { countForPool } from "../verify/pool-counts.ts";
import type { Claim } from "../verify/verification.ts";

/** How results are undone, and who made them sent away. */

/** A link is closed after so many proven lies, if they are more than this share of what was proven right. */
const CLOSING_LIES = 3;
const CLOSING_SHARE = 1 / 4;
/** To those who came by it, and to those who come. */
export const LINK_CLOSED =
  "The link is closed: several results that came by it were not what the video shows.";
const CLOSED_WARNING =
  "Helpers of one link kept making wrong parts, so that link was closed. Nothing of theirs is in the video unless it was verified.";

/** Nobody can tell whether the task's result is right: somebody else makes it anew. */
export function invalidate(draft: Draft, taskId: string): void {
  const makerId = draft.task(taskId)?.done?.holderId;
  if (makerId === undefined) return;
  draft.patchHolder(makerId, { agreed: 0 });
  countForPool(draft, makerId, { disputes: 1 });
  reopen(draft, taskId, { excluded: [makerId] });
}

/** The task's result is a lie. */
export function reject(draft: Draft, taskId: string): void {
  const makerId = draft.task(taskId)?.done?.holderId;
  if (makerId === undefined) return;
  countForPool(draft, makerId, { lies: 1 });
  ban(draft, makerId, taskId);
}

/**
 * A lie is proven: the holder is out. Names cost nothing, so it counts against everybody who came by its
 * link: what they made without proof is made again, and they begin anew. Where lies are many among what
 * was looked at, the link is closed.
 */
export function ban(draft: Draft, liarId: string, lieTaskId: string | null): void {
  const principal = draft.holder(liarId)?.principal;
  if (principal === undefined) return;
  const before = draft.link(principal);
  const lies = before.lies + 1;
  const isClosed =
    before.isClosed || (lies >= CLOSING_LIES && lies > CLOSING_SHARE * before.proven);
  draft.patchLink(principal, { lies, provenInARow: 0, isClosed });
  sendAway(draft, liarId, "A result from here was not what the video shows.");
  const members = new Set<string>();
  for (const holder of draft.holders()) {
    if (holder.principal !== principal) continue;
    members.add(holder.id);
    draft.patchHolder(holder.id, { agreed: 0 });
    if (isClosed && !holder.banned) sendAway(draft, holder.id, LINK_CLOSED);
  }
  if (isClosed && !before.isClosed) {
    draft.tell(notice("LINK_CLOSED", CLOSED_WARNING));
  }
  for (const task of draft.tasks()) {
    if (task.done === null || !members.has(task.done.holderId)) continue;
    if (!isProven(task) || task.id === lieTaskId) reopen(draft, task.id);
  }
}

/** No liar, but it has to go. Results of it that are not verified have to be proven by others. */
export function sendAway(draft: Draft, holderId: string, message: string): void {
  const connectionId = draft.holder(holderId)?.connectionId ?? null;
  draft.patchHolder(holderId, { banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === holderId) dropLease(draft, lease);
  if (connectionId !== null) draft.effects.push({ type: "ban", connectionId, message });
}

/**
 * The result is gone: the task is as if it had not been done.
 * @param why what is known of the result that is gone, for those to come
 */
export function reopen(
  draft: Draft,
  taskId: string,
  why: { claims?: readonly Claim[]; excluded?: readonly string[] } = {},
): void {
  const planned = draft.planned.get(taskId);
  const task = draft.task(taskId);
  if (planned === undefined || task?.done == null) return;
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
    // A second run goes on: its holder makes the result anew, without knowing.
    if (lease?.purpose !== "compare") return true;
    // There is nothing left to look at.
    draft.dropLease(id);
    draft.send(lease.holderId, { type: "revoke", leaseId: id, code: "LEASE_LOST" });
    return false;
  });
  // A copy of it may have failed before this one was accepted.
  const idle = task.readyAtMs > draft.nowMs ? "backoff" : "ready";
  draft.patchTask(taskId, { state: leases.length > 0 ? "leased" : idle, leases, done: null });
  draft.moveVerification(taskId, { type: "undone", ...why });
  unvouch(draft, task.done.holderId);
}

/** A result that was to speak for others of its link is gone: the last audits are drawn anew. */
function unvouch(draft: Draft, makerId: string): void {
  const principal = draft.holder(makerId)?.principal;
  for (const { id, done, verification } of draft.unclear()) {
    if (verification.state !== "unverified" || !verification.vouched || done === null) continue;
    if (draft.holder(done.holderId)?.principal !== principal) continue;
    draft.moveVerification(id, { type: "vouched", isVouched: false });
  }
}

/**
 * The job could not be finished: objects of accepted results are not in storage as they were. Those
 * tasks are made again, and not by the contributor who uploaded what is no longer there.
 */
export function makeAgain(draft: Draft, keys: readonly string[]): void {
  const { job } = draft;
  if (job.state !== "assembling") return;
  const { assemble: _, ...chores } = job.chores;
  draft.patchJob({ state: "running", chores });
  const lost = new Set(keys);
  for (const { id, done } of draft.tasks()) {
    const planned = draft.planned.get(id);
    if (done === null || planned === undefined) continue;
    const isLost = outputIds(planned).some((output) => {
      const { key, initKey } = draft.accepted(output) ?? {};
      return [key, initKey].some((each) => each !== undefined && lost.has(each));
    });
    if (!isLost) continue;
    const isContributor = draft.holder(done.holderId)?.role === "contributor";
    reopen(draft, id, isContributor ? { excluded: [done.holderId] } : {});
  }
  assembleWhenDone(draft);
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
