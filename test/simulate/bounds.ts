import { FETCH_MS, MESSAGE_MS, type Traits, UPLOAD_MS } from "./holder.ts";
import { GATE_MS } from "./swarm.ts";

/** Hello, welcome, want, grant; offer, uploads, commit. */
const WIRE_MS = 7 * MESSAGE_MS + FETCH_MS + UPLOAD_MS + GATE_MS;

/** What no scheduler could beat, in milliseconds. Counts the holders that make something of use. */
export interface Bounds {
  /** The larger of all work by all speed, and one task by the fastest. */
  plainMs: number;
  /** Tasks are not shared: each holder makes whole ones, after its first chunk and before its last upload. */
  tightMs: number;
}

/** @param stageMs the owner's upload of one chunk; null when all chunks are there */
export function lowerBounds(
  holders: readonly Traits[],
  tasks: number,
  taskSeconds: number,
  stageMs: number | null,
): Bounds {
  const useful = holders.filter(({ lies }) => !lies(Number.MAX_SAFE_INTEGER));
  const fastest = Math.max(...useful.map(({ speed }) => speed));
  const longestMs = (taskSeconds / fastest) * 1000;
  const made = (ms: number, whole: boolean): number => {
    let sum = 0;
    for (const { speed, comesAtMs, leavesAtMs } of useful) {
      const wireMs = whole ? WIRE_MS : 0;
      const here = Math.max(0, Math.min(ms, leavesAtMs ?? ms) - comesAtMs - wireMs);
      const each = (here * speed) / 1000 / taskSeconds;
      sum += whole ? Math.floor(each + 1e-9) : each;
    }
    return sum;
  };
  // What the owner's tab makes itself need not be uploaded.
  const uploadedMs = (ms: number): number =>
    stageMs === null ? Number.POSITIVE_INFINITY : ms / stageMs + ownerMade(useful, ms, taskSeconds);
  const isEnough = (ms: number, whole: boolean): boolean =>
    made(ms, whole) >= tasks - 1e-6 && uploadedMs(ms) >= tasks;
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
  return owner === undefined ? 0 : (ms * owner.speed) / 1000 / taskSeconds;
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
