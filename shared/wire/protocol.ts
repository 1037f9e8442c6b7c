import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../job/errors.ts";
import {
  type AudioRendition,
  audioRenditionSchema,
  engineSchema,
  jobSettingsPatchSchema,
  jobSettingsSchema,
  segmentSchema,
  sourceFactsSchema,
  taskSchema,
  type VideoRendition,
  videoRenditionSchema,
} from "../job/job.ts";

/**
 * The wire: one WebSocket a holder (JSON), and the bodies of the HTTP calls.
 * Both sides parse what they receive with these schemas; nothing is cast.
 */

/** Silence after which a holder's leases are free again. */
export const HEARTBEAT_SILENCE_MS = 15_000;
/** A holder renews its leases this often; progress rides along. */
export const RENEW_EVERY_MS = 4_000;
/** A holder that has made nothing yet says so soon after its first task began: nobody knows its speed. */
export const FIRST_RENEW_MS = 1_500;
/** Attempts that were the task's own failure; a vanished holder does not count. */
export const MAX_ATTEMPTS = 3;

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const md5Base64 = z.string().regex(/^[A-Za-z0-9+/]{22}==$/);
export const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
const url = z.string().max(4096);

export const roleSchema = z.enum(["owner", "contributor", "server"]);
export type Role = z.infer<typeof roleSchema>;

/**
 * Where a chunk lies on the job's timeline. A chunk is a small mp4 whose own times begin at 0;
 * chunk time x is timeline time x + baseTicks. Frames outside [trimStart, trimEnd) (timeline ticks,
 * halfway between neighbouring frames) are decode lead-in and are dropped.
 */
export const chunkInfoSchema = z.object({
  taskId: id,
  sizeBytes: z.int().min(1),
  baseTicks: z.int(),
  trimStartTicks: z.int(),
  trimEndTicks: z.int(),
});
export type ChunkInfo = z.infer<typeof chunkInfoSchema>;

export const outputSchema = z.object({
  rendition: z.string().max(24),
  kind: z.enum(["init", "media"]),
  /** Segment index of a media output; an init names the first segment of its task. */
  segment: z.int().min(0),
  sizeBytes: z
    .int()
    .min(1)
    .max(512 * 1024 * 1024),
  sha256: hex64,
  md5: md5Base64,
  /** Samples in it; 0 for an init. */
  frames: z.int().min(0),
});
export type Output = z.infer<typeof outputSchema>;

/** What somebody trusted says of a result's pictures: the source's; others; nobody can tell. */
export const pictureVerdictSchema = z.enum(["agrees", "lies", "unsure"]);
export type PictureVerdict = z.infer<typeof pictureVerdictSchema>;

// ---------------------------------------------------------------- holder -> coordinator

/** Free slots: the holder would start this many tasks now. Replaces the former number. */
const want = z.int().min(0).max(64);

export const holderMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    role: roleSchema,
    token: z.string().min(1).max(200),
    /** Chosen by the holder, kept over reconnects. */
    holderId: id,
    name: z.string().max(60),
    device: z.string().max(60),
    slots: z.int().min(0).max(64),
    engines: z.array(engineSchema).max(3),
    /** Leases still in work here, to be adopted again after a lost connection. */
    leases: z.array(id).max(256),
    /** Owner only: tasks whose chunk it can cut now (it has the file). */
    hasSource: z.boolean(),
    want: want.optional(),
  }),
  /** Where no other message says it. */
  z.object({ type: z.literal("want"), slots: want }),
  z.object({
    type: z.literal("renew"),
    leases: z
      .array(
        z.object({
          leaseId: id,
          progress: z.number().min(0).max(1),
          /** Spent on it in a slot so far: with the progress it tells a newcomer's speed. */
          workMs: z.number().min(0).optional(),
        }),
      )
      .max(256),
  }),
  z.object({
    type: z.literal("offer"),
    leaseId: id,
    outputs: z.array(outputSchema).min(1).max(4096),
    want: want.optional(),
  }),
  z.object({
    type: z.literal("commit"),
    leaseId: id,
    engine: engineSchema,
    encodeMs: z.number().min(0),
    warnings: z.array(z.string().max(500)).max(10),
  }),
  z.object({
    type: z.literal("fail"),
    leaseId: id,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string().max(500),
  }),
  /** Of a grant with `compare`. */
  z.object({ type: z.literal("compared"), leaseId: id, verdict: pictureVerdictSchema }),
  /** Gives a lease back undone (paused, closing); not an attempt. */
  z.object({ type: z.literal("release"), leaseId: id }),
  /** Owner: this chunk is made and can be uploaded; answered by `stage-upload`. */
  z.object({
    type: z.literal("stage-offer"),
    chunk: chunkInfoSchema,
    sha256: hex64,
    md5: md5Base64,
  }),
  /** Owner: the chunk is in storage. */
  z.object({ type: z.literal("staged"), taskId: id }),
  /** Owner: this chunk cannot be made; counts as a failed attempt of its task. */
  z.object({
    type: z.literal("stage-failed"),
    taskId: id,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string().max(500),
  }),
  /** Owner: from now on. */
  z.object({ type: z.literal("settings"), settings: jobSettingsPatchSchema }),
]);
export type HolderMessage = z.infer<typeof holderMessageSchema>;

// ---------------------------------------------------------------- coordinator -> holder

/** What somebody made of a task, to be fetched and held against the source. */
export const outputToCompareSchema = outputSchema
  .pick({ rendition: true, kind: true, segment: true, sizeBytes: true })
  .extend({ url });
export type OutputToCompare = z.infer<typeof outputToCompareSchema>;

export const leaseGrantSchema = z.object({
  leaseId: id,
  attempt: z.int().min(1),
  task: taskSchema,
  /** The task's segments, in order. */
  segments: z.array(segmentSchema).min(1),
  renditions: z.array(z.union([videoRenditionSchema, audioRenditionSchema])).min(1),
  source: sourceFactsSchema.pick({ durationTicks: true, video: true, audio: true }),
  /** Only a result of this engine counts (others could not be verified); any when absent. */
  engine: engineSchema.optional(),
  /** The task is done: its outputs are to be compared, answered by `compared`, and nothing is made. */
  compare: z.array(outputToCompareSchema).min(1).optional(),
  /** "local": the holder cuts the chunk from its own file. */
  chunk: z.union([
    z.object({ from: z.literal("local") }),
    z.object({ from: z.literal("url"), url, info: chunkInfoSchema }),
  ]),
});
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

export const putSchema = z.object({
  /** Position in the offer's `outputs`. Outputs that storage already holds get no PUT. */
  output: z.int().min(0),
  url,
  /** To be sent exactly: they are signed. */
  headers: z.record(z.string(), z.string()),
});
export type Put = z.infer<typeof putSchema>;

export const taskViewSchema = z.object({
  id,
  kind: z.enum(["video", "audio"]),
  firstSegment: z.int(),
  segmentCount: z.int(),
  state: z.enum(["waiting", "ready", "leased", "checking", "backoff", "done", "failed"]),
  /** Failed attempts so far. */
  attempts: z.int(),
  progress: z.number(),
  /** Holder at work, or who made it. */
  holder: z.string().nullable(),
  lastError: errorCodeSchema.nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const holderViewSchema = z.object({
  id,
  role: roleSchema,
  name: z.string(),
  device: z.string(),
  connected: z.boolean(),
  slots: z.int(),
  tasksDone: z.int(),
  /** Media seconds a second of work, averaged; null before its first result. */
  speed: z.number().nullable(),
  engines: z.array(engineSchema),
  /** `new`: each of its results is made again to compare; `proven`: some of them; see trust.ts. */
  trust: z.enum(["trusted", "new", "proven", "banned"]),
});
export type HolderView = z.infer<typeof holderViewSchema>;

export const jobViewSchema = z.object({
  id,
  state: z.enum(["planned", "running", "assembling", "ready", "failed", "cancelled"]),
  name: z.string(),
  durationTicks: z.int(),
  segmentCount: z.int(),
  error: z.object({ code: errorCodeSchema, message: z.string() }).nullable(),
  warnings: z.array(z.string()),
  createdAtMs: z.number(),
  firstPlayableAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  bytesStored: z.number(),
  /** Share of the tasks that are done, 0..1. */
  progress: z.number().min(0).max(1),
  settings: jobSettingsSchema,
  /** Tasks that only a tab with the source can do now: with none left, the owner may leave. */
  tasksNeedingSource: z.int(),
  tasks: z.array(taskViewSchema),
  holders: z.array(holderViewSchema),
});
export type JobView = z.infer<typeof jobViewSchema>;

/** What changed since the last one; `tasks` and `holders` hold only changed items. */
export const jobDeltaSchema = jobViewSchema.partial();
export type JobDelta = z.infer<typeof jobDeltaSchema>;

export const coordinatorMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    holderId: id,
    job: jobViewSchema,
    /** Of the leases named in `hello`, those that go on. */
    adopted: z.array(id),
    heartbeatMs: z.int(),
    /** The free slots that `hello` told of. Absent where they were not heard: they are to be told. */
    wanted: z.int().optional(),
  }),
  z.object({ type: z.literal("grant"), grants: z.array(leaseGrantSchema).min(1) }),
  z.object({ type: z.literal("uploads"), leaseId: id, puts: z.array(putSchema) }),
  z.object({ type: z.literal("accepted"), leaseId: id }),
  z.object({
    type: z.literal("rejected"),
    leaseId: id,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string(),
  }),
  z.object({ type: z.literal("revoke"), leaseId: id, code: errorCodeSchema }),
  /** Owner: make these chunks and offer them for storage. */
  z.object({ type: z.literal("stage"), taskIds: z.array(id) }),
  /** Null: storage has it already. */
  z.object({ type: z.literal("stage-upload"), taskId: id, put: putSchema.nullable() }),
  z.object({ type: z.literal("job"), job: jobDeltaSchema }),
  z.object({ type: z.literal("error"), code: errorCodeSchema, message: z.string() }),
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessageSchema>;

// ---------------------------------------------------------------- HTTP

export const createJobResponseSchema = z.object({
  jobId: id,
  ownerToken: z.string(),
  watchUrl: z.string(),
  masterUrl: z.string(),
});
export type CreateJobResponse = z.infer<typeof createJobResponseSchema>;

/** `GET /api/site` */
export const siteSchema = z.object({
  /** Servers can take work over. */
  servers: z.boolean(),
  /** Creating a job asks for a token. */
  createToken: z.boolean(),
});
export type Site = z.infer<typeof siteSchema>;

/** `GET /api/jobs/:id`; `segments` (provenance) and `holders` only with the owner's token. */
export const jobStatusSchema = jobViewSchema.extend({
  /** Null while a server still reads the source. */
  source: sourceFactsSchema.nullable(),
  renditions: z.array(z.union([videoRenditionSchema, audioRenditionSchema])),
  segments: z.array(
    z.object({
      rendition: z.string(),
      segment: z.int(),
      sizeBytes: z.int(),
      sha256: z.string(),
      frames: z.int(),
      holder: z.string(),
      role: roleSchema,
      engine: engineSchema,
      attempt: z.int(),
      encodeMs: z.number(),
      verified: z.enum(["gate", "hash", "picture"]),
    }),
  ),
});
export type JobStatus = z.infer<typeof jobStatusSchema>;

/** `POST /api/jobs/:id/share`, with the owner's token. */
export const shareRequestSchema = z.object({
  /** Up to a week. */
  expiresInMinutes: z.int().min(1).max(10_080).default(1_440),
  /** Helpers through this link at the same time. */
  maxContributors: z.int().min(1).max(1_000).default(50),
});
export type ShareRequest = z.infer<typeof shareRequestSchema>;
export const shareResponseSchema = z.object({
  /** The token stands behind `#`: it never reaches a server's log by itself. */
  joinUrl: z.string(),
  expiresAtMs: z.number(),
  maxContributors: z.int(),
});
export type ShareResponse = z.infer<typeof shareResponseSchema>;

/** RFC 9457 problem details. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: errorCodeSchema,
  detail: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Applies a delta to a view; items of `tasks` and `holders` replace those of the same id. */
export function applyJobDelta(view: JobView, delta: JobDelta): JobView {
  const changed = Object.fromEntries(
    Object.entries(delta).filter(([, value]) => value !== undefined),
  ) as Partial<JobView>;
  return {
    ...view,
    ...changed,
    tasks: mergeById(view.tasks, delta.tasks),
    holders: mergeById(view.holders, delta.holders),
  };
}

function mergeById<T extends { id: string }>(before: T[], changed: T[] | undefined): T[] {
  if (changed === undefined || changed.length === 0) return before;
  const byId = new Map(changed.map((item) => [item.id, item]));
  const merged = before.map((item) => byId.get(item.id) ?? item);
  const known = new Set(before.map((item) => item.id));
  return [...merged, ...changed.filter((item) => !known.has(item.id))];
}

export type Rendition = VideoRendition | AudioRendition;
