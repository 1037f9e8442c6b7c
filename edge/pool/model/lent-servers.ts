import type { Machine } from "./assign.ts";
import type { PoolState } from "./state.ts";

/**
 * The site's servers as members of a pool: they have no socket here and no record, since a server is
 * trusted. A job's coordinator calls as many as are lent to it, and they leave by themselves.
 */

/** Native ffmpeg makes about so much more than one encoder of a usual member. */
const SERVER_ENCODERS = 8;

const serverId = (index: number) => `server-${index + 1}`;

/** @param usual pixels a second of a usual member's encoder */
export function serverMachines(state: PoolState, usual: number): Machine[] {
  const refused = state.openJobs().flatMap(({ id, takesServers }) => (takesServers ? [] : [id]));
  return Array.from({ length: state.pool.rules.servers }, (_, index) => {
    const { jobId = null, assignedAtMs = 0 } = state.get("server", serverId(index)) ?? {};
    return {
      ...{ memberId: serverId(index), jobId, assignedAtMs, isBusy: jobId !== null, refused },
      ...{ speed: usual * SERVER_ENCODERS, slots: SERVER_ENCODERS, engines: ["ffmpeg-native"] },
    };
  });
}

/** @returns false for what is no server's id */
export function moveServer(
  state: PoolState,
  id: string,
  jobId: string | null,
  nowMs: number,
): boolean {
  const isOne = Array.from({ length: state.pool.rules.servers }, (_, i) => serverId(i)).includes(
    id,
  );
  if (isOne) state.put("server", { id, jobId, assignedAtMs: nowMs });
  return isOne;
}

/** Servers beyond the pool's rule are lent to nobody any more. */
export function recallServers(state: PoolState, nowMs: number): void {
  for (const { id, jobId } of state.all("server").slice(state.pool.rules.servers)) {
    if (jobId !== null) state.put("server", { id, jobId: null, assignedAtMs: nowMs });
  }
}

/** Number of servers that are lent to the job. */
export function serversAt(state: PoolState, jobId: string): number {
  return state.all("server").filter((server) => server.jobId === jobId).length;
}
