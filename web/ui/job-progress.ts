import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { t } from "../words/words.ts";

/** Derives the contents of the segment grid from a job's tasks. Pure. */

/** States of a cell, each with a look of its own; ordered from "nothing yet" to "final". */
export const CELL_STATES = [
  "waiting",
  "queued",
  "working",
  "checking",
  "retrying",
  "failed",
  "done",
] as const;
export type CellState = (typeof CELL_STATES)[number];

export interface SegmentCell {
  state: CellState;
  /** 0..1 of the video work on this segment. */
  progress: number;
}

/** A run of audio, which covers several segments. */
export interface SoundRun extends SegmentCell {
  firstSegment: number;
  segmentCount: number;
}

const CELL_OF_TASK: Readonly<Record<TaskView["state"], CellState>> = {
  waiting: "waiting",
  ready: "queued",
  leased: "working",
  checking: "checking",
  backoff: "retrying",
  done: "done",
  failed: "failed",
};

/** Several tasks may work on one segment (groups of renditions); the first of these states that occurs is shown. */
const SAYS_MOST: readonly CellState[] = [
  "failed",
  "working",
  "checking",
  "retrying",
  "queued",
  "waiting",
  "done",
];

/** A task's share of work done, 0..1. A task that is encoded but not yet accepted counts almost in full. */
export function taskProgress(task: TaskView): number {
  if (task.state === "done") return 1;
  if (task.state === "checking") return 0.95;
  return task.state === "leased" ? Math.min(0.95, task.progress) : 0;
}

/** One cell for each segment, in order. */
export function segmentCells(job: Pick<JobView, "segmentCount" | "tasks">): SegmentCell[] {
  const tasksOf: TaskView[][] = Array.from({ length: job.segmentCount }, () => []);
  for (const task of job.tasks) {
    if (task.kind !== "video") continue;
    const end = Math.min(job.segmentCount, task.firstSegment + task.segmentCount);
    for (let index = Math.max(0, task.firstSegment); index < end; index += 1) {
      tasksOf[index]?.push(task);
    }
  }
  return tasksOf.map(combine);
}

function combine(tasks: readonly TaskView[]): SegmentCell {
  if (tasks.length === 0) return { state: "waiting", progress: 0 };
  const states = tasks.map((task) => CELL_OF_TASK[task.state]);
  let progress = 0;
  for (const task of tasks) progress += taskProgress(task);
  return {
    state: SAYS_MOST.find((state) => states.includes(state)) ?? "waiting",
    progress: progress / tasks.length,
  };
}

/** The audio tasks, in order of time. */
export function soundRuns(job: Pick<JobView, "tasks">): SoundRun[] {
  return job.tasks
    .filter((task) => task.kind === "audio")
    .sort((a, b) => a.firstSegment - b.firstSegment)
    .map((task) => ({
      state: CELL_OF_TASK[task.state],
      progress: taskProgress(task),
      firstSegment: task.firstSegment,
      segmentCount: task.segmentCount,
    }));
}

/** Weight of audio: it encodes some fifty times faster than a ladder of video. */
const SOUND_WEIGHT = 0.02;

/**
 * 0..1 of the whole job, by segments of video and, with little weight, of audio; 1 only when the job is ready. Only the
 * owner and helpers see tasks; others have the status's `progress`, the share of tasks that are done.
 */
export function jobProgress(job: Pick<JobView, "state" | "tasks"> & { progress?: number }): number {
  if (job.state === "ready") return 1;
  if (job.tasks.length === 0) return Math.min(0.99, job.progress ?? 0);
  let done = 0;
  let all = 0;
  for (const task of job.tasks) {
    const weight = task.segmentCount * (task.kind === "audio" ? SOUND_WEIGHT : 1);
    done += weight * taskProgress(task);
    all += weight;
  }
  return all === 0 ? 0 : Math.min(0.99, done / all);
}

export function countCells(cells: readonly SegmentCell[]): Record<CellState, number> {
  const counts = Object.fromEntries(CELL_STATES.map((state) => [state, 0])) as Record<
    CellState,
    number
  >;
  for (const cell of cells) counts[cell.state] += 1;
  return counts;
}

/** The tasks that failed for good. */
export function failedTasks(job: Pick<JobView, "tasks">): TaskView[] {
  return job.tasks.filter((task) => task.state === "failed");
}

/** Title of a task: "Segment 5", "Segments 5 to 8", "Sound of segments 1 to 20"; counted from one. */
export function taskTitle(task: Pick<TaskView, "kind" | "firstSegment" | "segmentCount">): string {
  const first = task.firstSegment + 1;
  const count = task.segmentCount;
  const last = task.firstSegment + count;
  return t(task.kind === "audio" ? "ui.soundOfSegments" : "ui.segments", { count, first, last });
}
