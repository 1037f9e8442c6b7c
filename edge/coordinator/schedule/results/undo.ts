import type { Task } from "../../../../shared/job/job.ts";
import { notice } from "../../../../shared/job/notice.ts";
import { dropLease } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import type { Draft } from "../state/draft.ts";
import { type InitRecord, isProven } from "../state/records.ts";
import { acceptedId, initId } from "../state/state.ts";
import { countForPool } from "../verify/pool-counts.ts";
import type { Claim } from "../verify/verification.ts";
import { helperNotices } from "./helper-notices.ts";

/** How results are undone and their makers banned. */

/**
 * A link is closed after this many proven lies, if there are more lies than this share of its results that were proven
 * right.
 */
const CLOSING_LIES = 3;
const CLOSING_SHARE = 1 / 4;
/** For the link's members, and for those who try to join later. */
export const LINK_CLOSED =
  "The link is closed: several results that came by it were not what the video shows.";
const CLOSED_WARNING =
  "Helpers of one link kept making wrong parts, so that link was closed. Nothing of theirs is in the video unless it was verified.";

/** Undoes a result that can be neither proven nor rejected. Another holder makes it again. */
export function invalidate(draft: Draft, taskId: string): void {
  const makerId = draft.task(taskId)?.done?.holderId;
  if (makerId === undefined) return;
  draft.patchHolder(makerId, { agreed: 0 });
  countForPool(draft, makerId, { disputes: 1 });
  reopen(draft, taskId, { excluded: [makerId] });
}

/** Undoes a result that is a proven lie, and bans its maker. */
export function reject(draft: Draft, taskId: string): void {
  const makerId = draft.task(taskId)?.done?.holderId;
  if (makerId === undefined) return;
  countForPool(draft, makerId, { lies: 1 });
  ban(draft, makerId, taskId);
}

/**
 * Bans a holder for a proven lie. A person can join a link under many names, so the lie counts against all members of
 * the link: their unproven results are made again, and they have to earn trust again. A link with too many lies is
 * closed.
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

/** Removes a holder without accusing it of a lie. Its unverified results stay, and have to be proven by others. */
export function sendAway(draft: Draft, holderId: string, message: string): void {
  const connectionId = draft.holder(holderId)?.connectionId ?? null;
  draft.patchHolder(holderId, { banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === holderId) dropLease(draft, lease);
  if (connectionId !== null) draft.effects.push({ type: "ban", connectionId, message });
}

/**
 * Undoes a result. The task becomes open as if it had not been done.
 * @param why facts about the undone result that matter for later results
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
  const { bytesStored, tasksDone, notices } = draft.job;
  const theirs = new Set(helperNotices(draft, taskId, null).map(({ message }) => message));
  draft.patchJob({
    bytesStored: Math.max(0, bytesStored - bytes),
    tasksDone: tasksDone - 1,
    notices: notices.filter(({ message }) => !theirs.has(message)),
  });
  const leases = task.leases.filter((id) => {
    const lease = draft.lease(id);
    // A second run continues. It now makes the result itself, and its holder notices no difference.
    if (lease?.purpose !== "compare") return true;
    // An audit by pictures ends, because its result is gone.
    draft.dropLease(id);
    draft.send(lease.holderId, { type: "revoke", leaseId: id, code: "LEASE_LOST" });
    return false;
  });
  // If a copy of the task failed before this result was accepted, the task waits before it is tried again.
  const idle = task.readyAtMs > draft.nowMs ? "backoff" : "ready";
  draft.patchTask(taskId, { state: leases.length > 0 ? "leased" : idle, leases, done: null });
  draft.moveVerification(taskId, { type: "undone", ...why });
  unvouch(draft, task.done.holderId);
}

/** An undone result may have vouched for others of its link, so the last audits of the link are drawn again. */
function unvouch(draft: Draft, makerId: string): void {
  const principal = draft.holder(makerId)?.principal;
  for (const { id, done, verification } of draft.unclear()) {
    if (verification.state !== "unverified" || !verification.vouched || done === null) continue;
    if (draft.holder(done.holderId)?.principal !== principal) continue;
    draft.moveVerification(id, { type: "vouched", isVouched: false });
  }
}

/**
 * Called when a job could not be finished, because objects of accepted results are missing or changed in storage. Their
 * tasks are made again, but not by the contributors who had made them.
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

/**
 * The result that brought an init segment is undone. Another result with the same init segment takes its place as the
 * source; if there is none, the next result may bring a different one.
 */
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

/** Ids of all media segments of a task (see `acceptedId`). */
export function outputIds({ renditions, firstSegment, segmentCount }: Task): string[] {
  return renditions.flatMap((rendition) =>
    Array.from({ length: segmentCount }, (_, index) => acceptedId(rendition, firstSegment + index)),
  );
}
