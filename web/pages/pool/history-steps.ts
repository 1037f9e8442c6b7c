import type { PoolSample } from "../../../shared/wire/pool.ts";

/** How many computers were in a pool, and at work, from a moment on. */
export interface Step {
  atMs: number;
  members: number;
  working: number;
}

const WEEK_MS = 7 * 86_400_000;
/** Samples come every five minutes while somebody is there: after a longer gap nobody was. */
const GAP_MS = 12 * 60_000;
const SAMPLE_MS = 5 * 60_000;

/**
 * The last week of a pool, or what there is of it, up to now; empty where no sample is of it. Gaps
 * between samples are times without anybody.
 */
export function historySteps(history: readonly PoolSample[], nowMs: number): Step[] {
  const shown = history.filter(({ atMs }) => atMs >= nowMs - WEEK_MS && atMs <= nowMs);
  const steps: Step[] = [];
  for (const [index, { atMs, members, working }] of shown.entries()) {
    steps.push({ atMs, members, working });
    const untilMs = shown[index + 1]?.atMs ?? nowMs;
    if (untilMs - atMs > GAP_MS) steps.push({ atMs: atMs + SAMPLE_MS, members: 0, working: 0 });
  }
  const last = steps.at(-1);
  if (last !== undefined && last.atMs < nowMs) steps.push({ ...last, atMs: nowMs });
  return steps;
}

/** Local midnights between two times. */
export function midnights(fromMs: number, toMs: number): number[] {
  const found: number[] = [];
  const day = new Date(fromMs);
  day.setHours(24, 0, 0, 0);
  while (day.getTime() < toMs) {
    found.push(day.getTime());
    day.setDate(day.getDate() + 1);
  }
  return found;
}
