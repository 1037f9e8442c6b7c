import {
  type JobPlan,
  type Segment,
  segmentDurationTicks,
  TICKS_PER_SECOND,
} from "../../../../shared/job/job.ts";
import { videoWorkTicks } from "../../../../shared/plan/task-work.ts";
import type { Draft } from "./draft.ts";
import type { Holder, Lease } from "./records.ts";

/** Less progress says little about the speed, because an encoder's first output comes late. */
const TELLING_PROGRESS = 0.05;

/** Media ticks per millisecond of work; infinite for a holder of unknown speed. */
export function speed({ mediaTicks, workMs, guessedSpeed }: Holder): number {
  if (workMs > 0) return mediaTicks / workMs;
  return guessedSpeed > 0 ? guessedSpeed : Number.POSITIVE_INFINITY;
}

/** Whether the holder's speed is measured or guessed. */
export function isKnown(holder: Holder): boolean {
  return Number.isFinite(speed(holder));
}

/** Estimates the speed of a holder without results from the progress of its first task. */
export function guessSpeed(draft: Draft, lease: Lease, progress: number, workMs: number): void {
  const holder = draft.holder(lease.holderId);
  const isVideo = draft.planned.get(lease.taskId)?.kind === "video";
  if (holder === undefined || holder.workMs > 0 || !isVideo || lease.purpose === "compare") return;
  if (progress <= TELLING_PROGRESS || workMs <= 0) return;
  const guessedSpeed = (taskTicks(draft, lease.taskId) * progress) / workMs;
  // Small changes are ignored, because each change starts a new assignment round.
  const isNews = Math.abs(guessedSpeed - holder.guessedSpeed) > 0.1 * holder.guessedSpeed;
  if (isNews) draft.patchHolder(holder.id, { guessedSpeed });
}

/** The total speed of the connected holders, and the remaining work. A millisecond of media has 90 ticks. */
export interface Pace {
  ticksAMs: number;
  /** Speed of the fastest slot, in ticks per millisecond. */
  fastest: number;
  slots: number;
  /** Slots of holders whose speed is known. */
  knownSlots: number;
  readyTasks: number;
  /** Media ticks of the tasks without a lease. */
  remainingTicks: number;
}

/** The pace of all holders that are connected and not banned. */
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

/** The holder's speed, or the average speed where its own is unknown; 0 while no speed is known. */
export function likelySpeed(holder: Holder, { ticksAMs, knownSlots }: Pace): number {
  return isKnown(holder) ? speed(holder) : ticksAMs / Math.max(1, knownSlots);
}

/** The work of a task, in ticks of video. Audio counts only a fraction, because it is made much faster. */
export function taskTicks(draft: Pick<Draft, "planned" | "plan">, taskId: string): number {
  const task = draft.planned.get(taskId);
  if (task === undefined) return 0;
  if (task.kind === "video") return videoWorkTicks(draft.plan, task);
  const { segments, source } = draft.plan;
  const startTicks = segments[task.firstSegment]?.startTicks ?? 0;
  const end: Segment | undefined = segments[task.firstSegment + task.segmentCount - 1];
  const endTicks =
    end === undefined ? source.durationTicks : end.startTicks + segmentDurationTicks(end);
  return (endTicks - startTicks) / 20;
}

/** Output pixels per tick of video, over all renditions. It measures how heavy a job is. */
export function pixelsPerTick({ video, source }: JobPlan): number {
  const { frameRate, frameStep } = source.video;
  const pixels = video.reduce((sum, { width, height }) => sum + width * height, 0);
  return (pixels * frameRate) / frameStep / TICKS_PER_SECOND;
}
