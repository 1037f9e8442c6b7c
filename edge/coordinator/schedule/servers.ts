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
 * When servers are called to a job, and how many. A server is a lease holder like any other. It leaves when there is no
 * work, and is called again when there is.
 */

/** Milliseconds for which work without a holder waits for holders to come back. */
export const UNATTENDED_MS = 20_000;
/** Milliseconds after which an unanswered call is repeated. Queues and containers lose some calls. */
export const CALL_AGAIN_MS = 240_000;
/** Milliseconds of work on a task after which a server makes a copy of it. */
export const STRAGGLER_MS = 120_000;
/** Number of ready tasks for which one server is called. */
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
  const lent = ready === 0 || job.settings.servers === "never" ? 0 : job.lentServers;
  const needed = isNeeded ? Math.ceil(open / TASKS_PER_SERVER) : 0;
  const wanted = Math.min(MAX_SERVERS, Math.max(needed, lent));
  let { serversCalled } = job;
  // A server that is late itself does not count, because it cannot make a copy of its own task.
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

/** Leases on which a holder of any role has worked too long. */
function stragglers(draft: Draft): Lease[] {
  return [...draft.leases()].filter((lease) => isStraggling(draft, lease));
}

/** Whether a holder has worked on a lease for so long that a server should make the task, too. */
export function isStraggling(draft: Draft, { phase, grantedAtMs }: Lease): boolean {
  return phase === "working" && draft.nowMs - grantedAtMs >= STRAGGLER_MS;
}

/** A call has reached the dead letter queue, so no server comes for it. The next call is made later. */
export function serverGivenUp(draft: Draft, holderId: string): void {
  if (hasEnded(draft.job.state) || draft.holder(holderId) !== undefined) return;
  draft.tell(notice("SERVERS_UNREACHABLE", "The servers of this site could not be reached."));
}

/** When a call is due to be made or repeated, in milliseconds since the epoch; null: never. */
export function serversDueAtMs({ job, holders }: State): number | null {
  if (hasEnded(job.state) || !job.hasServers) return null;
  // A deadline that stays in the past would ring the alarm for ever. So calls whose server has come are left out, and
  // the wait for other holders ends with the first call.
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
