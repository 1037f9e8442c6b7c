import { FETCH_MS, MESSAGE_MS, type Traits, UPLOAD_MS } from "./holder.ts";
import { GATE_MS } from "./swarm.ts";

/** Time on the wire for a task with its hello, grant, offer, uploads and commit. */
const WIRE_MS = 5 * MESSAGE_MS + FETCH_MS + UPLOAD_MS + GATE_MS;
/**
 * Time on the wire for an audit with its hello, grant and offer. An audit that agrees is neither uploaded nor
 * checked.
 */
const AUDIT_WIRE_MS = 3 * MESSAGE_MS + FETCH_MS;

/** Lower bounds on the makespan of any scheduler, in milliseconds. Only holders with useful results count. */
export interface Bounds {
  /** The larger of two times: all work divided by the sum of speeds, and one task by the fastest holder. */
  plainMs: number;
  /** The bound if tasks cannot be split: each holder makes whole ones, between its first chunk and its last upload. */
  tightMs: number;
}

/** The work of a job. */
export interface Work {
  tasks: number;
  /** Number of audits, each as much work as a task. If there is a trusted holder, only trusted holders make them. */
  audits: number;
  taskSeconds: number;
  /** Time of the owner's upload of one chunk; null: all chunks are in storage. */
  stageMs: number | null;
}

/** Lower bounds for a job with these holders. */
export function lowerBounds(
  holders: readonly Traits[],
  { tasks, audits, taskSeconds, stageMs }: Work,
): Bounds {
  const useful = holders.filter(({ lies }) => !lies(Number.MAX_SAFE_INTEGER, 0));
  const trusted = useful.filter(({ role }) => role === "owner");
  const fastest = Math.max(...useful.map(({ speed }) => speed));
  const longestMs = (taskSeconds / fastest) * 1000;
  const made = (ms: number, wireMs: number, whole: boolean, by = useful): number => {
    let sum = 0;
    for (const { role, speed, slots, comesAtMs, leavesAtMs } of by) {
      // The owner's tab cuts its chunks itself.
      const waitMs = Math.max(0, wireMs - (role === "owner" ? FETCH_MS : 0));
      const here = Math.max(0, Math.min(ms, leavesAtMs ?? ms) - comesAtMs - waitMs);
      const each = (here * speed) / 1000 / taskSeconds;
      sum += slots * (whole ? Math.floor(each + 1e-9) : each);
    }
    return sum;
  };
  // Number of chunks available by a time. Chunks that the owner's tab uses itself are not uploaded.
  const uploadedMs = (ms: number): number =>
    stageMs === null ? Number.POSITIVE_INFINITY : ms / stageMs + ownerMade(useful, ms, taskSeconds);
  const isEnough = (ms: number, whole: boolean): boolean =>
    made(ms, whole ? WIRE_MS : 0, whole) >= tasks - 1e-6 &&
    made(ms, whole ? AUDIT_WIRE_MS : 0, whole) >= tasks + audits - 1e-6 &&
    (trusted.length === 0 || made(ms, 0, whole, trusted) >= audits - 1e-6) &&
    uploadedMs(ms) >= tasks;
  return {
    plainMs: Math.max(
      longestMs,
      smallest((ms) => isEnough(ms, false)),
    ),
    tightMs: Math.max(
      longestMs,
      smallest((ms) => isEnough(ms, true)),
    ),
  };
}

function ownerMade(holders: readonly Traits[], ms: number, taskSeconds: number): number {
  const owner = holders.find(({ role }) => role === "owner");
  return owner === undefined ? 0 : (ms * owner.speed * owner.slots) / 1000 / taskSeconds;
}

function smallest(isEnough: (ms: number) => boolean): number {
  let low = 0;
  let high = 1000;
  while (!isEnough(high) && high < 1e12) high *= 2;
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
