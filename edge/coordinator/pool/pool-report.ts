import { coreDecodes } from "../../../shared/encode/core-decoders.ts";
import { hasEnded, TICKS_PER_SECOND } from "../../../shared/job/job.ts";
import { shownTitle } from "../../../shared/wire/details.ts";
import type { JobReport } from "../../pool/model/messages.ts";
import type { Work } from "../../pool/model/records.ts";
import { pixelsPerTick, speed, taskTicks } from "../schedule/state/pace.ts";
import type { Holder } from "../schedule/state/records.ts";
import type { State } from "../schedule/state/state.ts";

/** A job's reports to its pool: the remaining work, and what the pool's members did. Pure functions. */

/** @param uplinkTicks ticks of video per millisecond that the owner uploads as chunks; null: not known */
export function poolReport(state: State, uplinkTicks: number | null): JobReport {
  const { plan, job } = state;
  const pixels = pixelsPerTick(plan);
  const aSecond = pixels * TICKS_PER_SECOND;
  const left = workLeft(state);
  const holders = [...state.holders.values()];
  const ownTicks = holders
    .filter(({ pool, connectionId, banned }) => pool === null && connectionId !== null && !banned)
    .map((holder) => speed(holder) * holder.slots)
    .filter(Number.isFinite)
    .reduce((sum, each) => sum + each, 0);
  return {
    jobId: job.id,
    title: shownTitle(job.title, plan.source.name),
    hasEnded: hasEnded(job.state),
    pixelsPerSecond: aSecond,
    totalSeconds: plan.source.durationTicks / TICKS_PER_SECOND,
    remainingSeconds: left.ticks / TICKS_PER_SECOND,
    openTasks: left.open,
    takenTasks: left.taken,
    uplinkPixels: uplinkTicks === null ? null : uplinkTicks * 1000 * pixels,
    storedPixels: left.storedTicks * pixels,
    ownPixels: ownTicks * 1000 * pixels,
    needsBrowser: !coreDecodes(plan.source.video.codec),
    // Those that always call servers have them already.
    takesServers: job.hasServers && job.settings.servers === "when-needed",
    work: holders.flatMap((holder) => workOf(holder, pixels)),
    busy: busyMembers(state),
  };
}

interface Left {
  /** Duration of the tasks that are not done. */
  ticks: number;
  /** Number of tasks without a lease. */
  open: number;
  /** Number of tasks that are leased to members of the pool. */
  taken: number;
  storedTicks: number;
}

function workLeft(state: State): Left {
  const left: Left = { ticks: 0, open: 0, taken: 0, storedTicks: 0 };
  for (const task of state.tasks.values()) {
    // Audits are for trusted lease holders, and no work for the pool.
    if (task.done !== null || task.state === "failed") continue;
    const ticks = taskTicks(state, task.id);
    const isTaken = task.leases.some((id) => {
      const lease = state.leases.get(id);
      return lease !== undefined && state.holders.get(lease.holderId)?.pool !== null;
    });
    left.ticks += ticks;
    if (isTaken) left.taken += 1;
    else if (task.leases.length === 0) {
      left.open += 1;
      if (task.chunk?.stored === true) left.storedTicks += ticks;
    }
  }
  return left;
}

function workOf(holder: Holder, pixels: number): Work[] {
  const { pool, tasksDone, mediaTicks, workMs } = holder;
  if (pool === null) return [];
  const { memberId, proven: _, ...counts } = pool;
  return [
    {
      memberId,
      ...counts,
      tasks: tasksDone,
      mediaSeconds: mediaTicks / TICKS_PER_SECOND,
      pixels: mediaTicks * pixels,
      workMs,
    },
  ];
}

function busyMembers(state: State): string[] {
  const busy = new Set<string>();
  for (const { holderId } of state.leases.values()) {
    const memberId = state.holders.get(holderId)?.pool?.memberId;
    if (memberId !== undefined) busy.add(memberId);
  }
  return [...busy];
}
