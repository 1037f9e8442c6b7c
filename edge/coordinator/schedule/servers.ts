import { hasEnded } from "../../../shared/job/job.ts";
import { notice } from "../../../shared/job/notice.ts";
import type { Draft } from "./state/draft.ts";
import {
  type Holder,
  isHeard,
  type Lease,
  type ServerCallRecord,
  type TaskRecord,
} from "./state/records.ts";
import type { State } from "./state/state.ts";

/**
 * When servers are called to a job, and how many. A server that comes is a holder like any other; it
 * leaves by itself when there is nothing to do, and is called again when there is.
 */

/** Work that nobody takes waits this long for the others to come back. */
export const UNATTENDED_MS = 20_000;
/** A call that nobody answered by then is made anew: queues and containers lose some. */
export const CALL_AGAIN_MS = 240_000;
/** Work on a task that takes longer is far behind: a server makes a copy. */
export const STRAGGLER_MS = 120_000;
/** Tasks ready for each server that is called. */
const TASKS_PER_SERVER = 6;
const MAX_SERVERS = 4;

/** Calls a server where one is needed and none was called lately. */
export function callServers(draft: Draft): void {
  const { job, nowMs } = draft;
  if (!job.hasServers || hasEnded(job.state)) return;
  const calls = job.serverCalls.filter((call) => {
    const holder = draft.holder(call.holderId);
    return holder === undefined ? call.dueAtMs > nowMs : isHeard(holder);
  });
  const ready = readyTasks(draft);
  const unattendedSinceMs =
    ready === 0 || draft.holders().some(isAtWork) ? null : (job.unattendedSinceMs ?? nowMs);
  const isUnattended = unattendedSinceMs !== null && nowMs - unattendedSinceMs >= UNATTENDED_MS;
  const late = stragglers(draft);
  const unverified = job.awaitsTrusted ? draft.unclear().filter(isStored).length : 0;
  const isNeeded =
    job.settings.servers === "always" ||
    (job.settings.servers === "when-needed" && (isUnattended || late.length + unverified > 0));
  const isForAll = isUnattended || job.settings.servers === "always";
  const open = late.length + unverified + (isForAll ? ready : 0);
  const wanted = isNeeded ? Math.min(MAX_SERVERS, Math.ceil(open / TASKS_PER_SERVER)) : 0;
  let { serversCalled } = job;
  // A server makes no copy of what it is late with itself.
  const isLate = (call: ServerCallRecord) =>
    late.some(({ holderId }) => holderId === call.holderId);
  let missing = Math.min(
    wanted - calls.filter((call) => !isLate(call)).length,
    MAX_SERVERS - calls.length,
  );
  for (; missing > 0; missing -= 1) {
    serversCalled += 1;
    const holderId = `server-${serversCalled}`;
    calls.push({ holderId, dueAtMs: nowMs + CALL_AGAIN_MS });
    draft.effects.push({ type: "call-server", holderId });
  }
  const isSame =
    serversCalled === job.serversCalled &&
    calls.length === job.serverCalls.length &&
    unattendedSinceMs === job.unattendedSinceMs;
  if (!isSame) draft.patchJob({ serverCalls: calls, serversCalled, unattendedSinceMs });
}

/** Leases whose holder, of whatever role, has been at them for too long. */
function stragglers(draft: Draft): Lease[] {
  return [...draft.leases()].filter((lease) => isStraggling(draft, lease));
}

/** Whether a lease has been at work for so long that a server should make its task, too. */
export function isStraggling(draft: Draft, { phase, grantedAtMs }: Lease): boolean {
  return phase === "working" && draft.nowMs - grantedAtMs >= STRAGGLER_MS;
}

/** A call lies in the dead letter queue: no server comes for it. The next one is made after a while. */
export function serverGivenUp(draft: Draft, holderId: string): void {
  if (hasEnded(draft.job.state) || draft.holder(holderId) !== undefined) return;
  draft.tell(notice("SERVERS_UNREACHABLE", "The servers of this site could not be reached."));
}

/** When a call is due to be made or made anew. */
export function serversDueAtMs({ job, holders }: State): number | null {
  if (hasEnded(job.state) || !job.hasServers) return null;
  // A deadline that stays in the past would ring the alarm for ever: those who came need no call,
  // and once somebody is called the wait is over.
  const isOnItsWay = ({ holderId }: ServerCallRecord) => !holders.has(holderId);
  const due = job.serverCalls.filter(isOnItsWay).map(({ dueAtMs }) => dueAtMs);
  const isWaiting = job.unattendedSinceMs !== null && job.serverCalls.length === 0;
  if (isWaiting && job.settings.servers === "when-needed") {
    due.push((job.unattendedSinceMs ?? 0) + UNATTENDED_MS);
  }
  return due.length === 0 ? null : Math.min(...due);
}

/** Number of ready tasks that servers can take. */
function readyTasks(draft: Draft): number {
  let count = 0;
  for (const task of draft.tasks()) if (task.state === "ready" && isStored(task)) count += 1;
  return count;
}

function isStored({ chunk }: TaskRecord): boolean {
  return chunk?.stored === true;
}

function isAtWork(holder: Holder): boolean {
  return holder.role !== "server" && isHeard(holder) && holder.slots > 0;
}
