import { type Segment, segmentDurationTicks } from "../../../shared/job.ts";
import type { Draft } from "./draft.ts";
import type { Holder } from "./state.ts";

/** Media seconds a second of work; holders that are not known yet come first, to become known. */
export function speed({ mediaTicks, workMs }: Holder): number {
  return workMs > 0 ? mediaTicks / workMs : Number.POSITIVE_INFINITY;
}

/** How fast the connected holders are together, and how much there is to do. Ticks are 90 a millisecond. */
export interface Pace {
  ticksAMs: number;
  /** Of one slot. */
  fastest: number;
  slots: number;
  /** Of holders whose speed is known. */
  knownSlots: number;
  readyTasks: number;
  /** Of tasks nobody works on. */
  remainingTicks: number;
}

export function paceOf(draft: Draft): Pace {
  const pace: Pace = {
    ticksAMs: 0,
    fastest: 0,
    slots: 0,
    knownSlots: 0,
    readyTasks: 0,
    remainingTicks: 0,
  };
  for (const holder of draft.holders()) {
    if (holder.connectionId === null || holder.banned) continue;
    pace.slots += holder.slots;
    const own = speed(holder);
    if (!Number.isFinite(own)) continue;
    pace.knownSlots += holder.slots;
    pace.ticksAMs += own * holder.slots;
    pace.fastest = Math.max(pace.fastest, own);
  }
  for (const { id, state } of draft.tasks()) {
    if (state !== "ready") continue;
    pace.readyTasks += 1;
    pace.remainingTicks += taskTicks(draft, id);
  }
  return pace;
}

/** Video time of a task; sound is made so much faster that it counts for a fraction. */
export function taskTicks(draft: Draft, taskId: string): number {
  const task = draft.planned.get(taskId);
  if (task === undefined) return 0;
  const { segments, source } = draft.plan;
  const startTicks = segments[task.firstSegment]?.startTicks ?? 0;
  const end: Segment | undefined = segments[task.firstSegment + task.segmentCount - 1];
  const endTicks =
    end === undefined ? source.durationTicks : end.startTicks + segmentDurationTicks(end);
  return (endTicks - startTicks) / (task.kind === "audio" ? 20 : 1);
}
