import { z } from "zod";
import { engineSchema, jobSettingsSchema, jobStateSchema } from "../job/job.ts";
import { noticeSchema } from "../job/notice.ts";
import { idSchema } from "./formats.ts";
import { errorCodeSchema, reasonSchema } from "./problem.ts";
import { roleSchema } from "./protocol.ts";

/** A job as pages show it: a whole view at first, then what changed. */

export const taskViewSchema = z.object({
  id: idSchema,
  kind: z.enum(["video", "audio"]),
  firstSegment: z.int(),
  segmentCount: z.int(),
  state: z.enum(["waiting", "ready", "leased", "checking", "backoff", "done", "failed"]),
  /** Failed attempts so far. */
  attempts: z.int(),
  progress: z.number(),
  /** Id of the holder at work, or of the one that made the result. */
  holder: z.string().nullable(),
  lastError: errorCodeSchema.nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const holderViewSchema = z.object({
  id: idSchema,
  role: roleSchema,
  name: z.string(),
  device: z.string(),
  connected: z.boolean(),
  slots: z.int(),
  tasksDone: z.int(),
  /** Media seconds a second of work, averaged; null before its first result. */
  speed: z.number().nullable(),
  engines: z.array(engineSchema),
  /** `new`: too few of its results were proven by somebody trusted; `proven`: enough; see trust.ts. */
  trust: z.enum(["trusted", "new", "proven", "banned"]),
});
export type HolderView = z.infer<typeof holderViewSchema>;

export const jobViewSchema = z.object({
  id: idSchema,
  state: jobStateSchema,
  /** Its file's; for everybody but the owner and the operator: its title. */
  name: z.string(),
  title: z.string().optional(),
  durationTicks: z.int(),
  segmentCount: z.int(),
  error: reasonSchema.nullable(),
  warnings: z.array(z.string()),
  /** The same with codes and times; none of jobs that ended before there were. */
  notices: z.array(noticeSchema).optional(),
  createdAtMs: z.number(),
  firstPlayableAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  /** Since when nobody is there who could go on; null while somebody is. Given up after a day. */
  stuckSinceMs: z.number().nullable().optional(),
  bytesStored: z.number(),
  /** Share of the tasks that are done, 0..1. */
  progress: z.number().min(0).max(1),
  settings: jobSettingsSchema,
  /** Everything is made, and nobody trusted is here who can verify what helpers made. */
  awaitsVerification: z.boolean().optional(),
  /** The pool that was asked for help, and how many of its machines are here; null: none was. */
  pool: z.object({ name: z.string(), members: z.int() }).nullable().optional(),
  /** Tasks that only a tab with the source can do now: with none left, the owner may leave. */
  tasksNeedingSource: z.int(),
  tasks: z.array(taskViewSchema),
  holders: z.array(holderViewSchema),
});
export type JobView = z.infer<typeof jobViewSchema>;

/** Changes since the previous view; `tasks` and `holders` hold only changed items. */
export const jobDeltaSchema = jobViewSchema.partial();
export type JobDelta = z.infer<typeof jobDeltaSchema>;

/** Applies a delta to a view; items of `tasks` and `holders` replace those of the same id. */
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
