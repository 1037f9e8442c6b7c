import { z } from "zod";
import { engineSchema, jobSettingsSchema, jobStateSchema } from "../job/job.ts";
import { noticeSchema } from "../job/notice.ts";
import { idSchema } from "./formats.ts";
import { errorCodeSchema, reasonSchema } from "./problem.ts";
import { roleSchema } from "./protocol.ts";

/** A job as pages show it: first the whole view, then changes. */

/** A task as the job's owner sees it. */
export const taskViewSchema = z.object({
  id: idSchema,
  kind: z.enum(["video", "audio"]),
  firstSegment: z.int(),
  segmentCount: z.int(),
  state: z.enum(["waiting", "ready", "leased", "checking", "backoff", "done", "failed"]),
  /** Failed attempts so far. */
  attempts: z.int(),
  progress: z.number(),
  /** Id of the holder that works on the task, or that made its result. */
  holder: z.string().nullable(),
  lastError: errorCodeSchema.nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

/** A lease holder as the job's owner sees it. */
export const holderViewSchema = z.object({
  id: idSchema,
  role: roleSchema,
  name: z.string(),
  device: z.string(),
  connected: z.boolean(),
  slots: z.int(),
  tasksDone: z.int(),
  /** Seconds of media made per second of work, averaged; null before the first result. */
  speed: z.number().nullable(),
  engines: z.array(engineSchema),
  /** `new`: too few of its results were proven by trusted lease holders. `proven`: enough were. See trust.ts. */
  trust: z.enum(["trusted", "new", "proven", "banned"]),
});
export type HolderView = z.infer<typeof holderViewSchema>;

/** A job as its owner sees it. Contributors and viewers get it without tasks and holders. */
export const jobViewSchema = z.object({
  id: idSchema,
  state: jobStateSchema,
  /** The file's name. Only the owner and the operator see it; all others get the title. */
  name: z.string(),
  title: z.string().optional(),
  durationTicks: z.int(),
  segmentCount: z.int(),
  error: reasonSchema.nullable(),
  warnings: z.array(z.string()),
  /** The same notices as in `warnings`, with codes and times. Absent for jobs of older builds. */
  notices: z.array(noticeSchema).optional(),
  createdAtMs: z.number(),
  firstPlayableAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  /**
   * Since when no connected lease holder could continue the job; null while one can. The job fails after a day of this.
   */
  stuckSinceMs: z.number().nullable().optional(),
  bytesStored: z.number(),
  /** Share of the tasks that are done, 0..1. */
  progress: z.number().min(0).max(1),
  settings: jobSettingsSchema,
  /** Everything is made, but no trusted lease holder is connected to verify the contributors' results. */
  awaitsVerification: z.boolean().optional(),
  /** The pool that was asked for help, with the number of its machines that are connected; null: none was asked. */
  pool: z.object({ name: z.string(), members: z.int() }).nullable().optional(),
  /** The number of tasks that only a tab with the source can do now. At 0 the owner may leave. */
  tasksNeedingSource: z.int(),
  tasks: z.array(taskViewSchema),
  holders: z.array(holderViewSchema),
});
export type JobView = z.infer<typeof jobViewSchema>;

/** Changes since the previous view. `tasks` and `holders` contain only the items that changed. */
export const jobDeltaSchema = jobViewSchema.partial();
export type JobDelta = z.infer<typeof jobDeltaSchema>;

/** Applies a delta to a view. Items of `tasks` and `holders` replace items with the same id. */
export function applyJobDelta(view: JobView, delta: JobDelta): JobView {
  const { tasks, holders, ...facts } = delta;
  return {
    ...patched(view, facts),
    tasks: mergeById(view.tasks, tasks),
    holders: mergeById(view.holders, holders),
  };
}

function patched<T extends object>(before: T, patch: { [K in keyof T]?: T[K] | undefined }): T {
  const after = { ...before };
  for (const key in patch) {
    const value = patch[key];
    if (value !== undefined) after[key] = value;
  }
  return after;
}

function mergeById<T extends { id: string }>(before: T[], changed: T[] | undefined): T[] {
  if (changed === undefined || changed.length === 0) return before;
  const byId = new Map(changed.map((item) => [item.id, item]));
  const merged = before.map((item) => byId.get(item.id) ?? item);
  const known = new Set(before.map((item) => item.id));
  return [...merged, ...changed.filter((item) => !known.has(item.id))];
}
