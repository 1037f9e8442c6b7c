import { assign, type Demand, type Machine, type Move } from "./assign.ts";
import { serverMachines } from "./lent-servers.ts";
import { type JobRecord, pixelsPerMs } from "./records.ts";
import type { PoolState } from "./state.ts";

/** Input of the assignment: the speed of machines, and the speed that jobs could use. */

/** Assumed speed of an encoder where no member's speed is known: about that of one core for 480p and below. */
const USUAL_PIXELS_PER_MS = 14_000;
/** Milliseconds of silence of its coordinator after which a job gets no help. Coordinators report every few seconds. */
const SILENT_MS = 60_000;
/**
 * An uplink is measured only up to the chunks that were requested. A request for a little more shows whether it is
 * faster.
 */
const UPLINK_SLACK = 1.1;
/** Stored chunks raise a job's demand as if they had to be used within this time. */
const STORED_SECONDS = 20;
const LATELY_MS = 3_600_000;
/** A job demands at most the speed with which its rest would be done in this time. */
const LEAST_SECONDS = 2;

/** The moves that a pool should make now. */
export function balance(state: PoolState, nowMs: number): Move[] {
  const machines = machinesOf(state, nowMs);
  return assign(machines, demandsOf(state, machines, nowMs), nowMs);
}

/** For each job: the speed that it could use now, and the speed that it has, in pixels per second. */
export function speedsByJob(
  state: PoolState,
  nowMs: number,
): { jobId: string; ownerId: string; speed: number; demand: number }[] {
  const machines = machinesOf(state, nowMs);
  return demandsOf(state, machines, nowMs).map(({ jobId, ownerId, demand }) => {
    const own = machines.filter((machine) => machine.jobId === jobId);
    return { jobId, ownerId, demand, speed: own.reduce((sum, { speed }) => sum + speed, 0) };
  });
}

function machinesOf(state: PoolState, nowMs: number): Machine[] {
  const known = [...state.present.values()].flatMap(({ memberId }) => {
    const member = state.get("member", memberId);
    return member === undefined ? [] : (pixelsPerMs(member) ?? []);
  });
  const usual =
    known.length === 0
      ? USUAL_PIXELS_PER_MS
      : known.reduce((sum, each) => sum + each, 0) / known.length;
  const members = [...state.present.values()].flatMap((presence) => {
    const { memberId, slots, engines, jobId, assignedAtMs, refused } = presence;
    const member = state.get("member", memberId);
    if (member === undefined || slots === 0) return [];
    const isBusy = jobId !== null && state.busy.get(jobId)?.has(memberId) === true;
    return {
      memberId,
      speed: (pixelsPerMs(member) ?? usual) * slots * 1000,
      slots,
      engines,
      jobId,
      assignedAtMs,
      isBusy,
      refused: refused.filter(({ untilMs }) => untilMs > nowMs).map(({ jobId: id }) => id),
    };
  });
  return [...members, ...serverMachines(state, usual * 1000)];
}

function demandsOf(state: PoolState, machines: readonly Machine[], nowMs: number): Demand[] {
  const slots = machines.reduce((sum, machine) => sum + machine.slots, 0);
  const speed = machines.reduce((sum, machine) => sum + machine.speed, 0);
  const aSlot = slots === 0 ? 0 : speed / slots;
  return state.openJobs().map((job) => ({
    jobId: job.id,
    linkId: job.linkId,
    ownerId: job.ownerId,
    askedAtMs: job.askedAtMs,
    remaining: job.remainingSeconds * job.pixelsPerSecond,
    lately: askedLately(state, job.ownerId, nowMs),
    demand: demandOf(job, aSlot, nowMs),
    needsBrowser: job.needsBrowser,
  }));
}

function askedLately(state: PoolState, ownerId: string, nowMs: number): number {
  return state
    .all("job")
    .filter((job) => job.ownerId === ownerId)
    .filter(({ endedAtMs, askedAtMs }) => endedAtMs === null || nowMs - askedAtMs < LATELY_MS)
    .reduce((sum, { totalSeconds, pixelsPerSecond }) => sum + totalSeconds * pixelsPerSecond, 0);
}

/**
 * Pixels per second of the pool that a job could use, limited by its tasks, its owner's uplink and its remaining work.
 */
export function demandOf(job: JobRecord, aSlot: number, nowMs: number): number {
  if (nowMs - job.heardAtMs > SILENT_MS) return 0;
  const byTasks = (job.openTasks + job.takenTasks) * aSlot;
  const byUplink =
    job.uplinkPixels === null
      ? Number.POSITIVE_INFINITY
      : job.uplinkPixels * UPLINK_SLACK + job.storedPixels / STORED_SECONDS;
  const remaining = job.remainingSeconds * job.pixelsPerSecond;
  const byEnd = Math.max(0, remaining / LEAST_SECONDS - job.ownPixels);
  return Math.min(byTasks, byUplink, byEnd);
}
