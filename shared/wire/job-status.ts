import { z } from "zod";
import {
  audioRenditionSchema,
  engineSchema,
  jobStateSchema,
  sourceFactsSchema,
  videoRenditionSchema,
} from "../job/job.ts";
import { jobViewSchema } from "./job-view.ts";
import { errorCodeSchema } from "./problem.ts";
import { roleSchema } from "./protocol.ts";

const count = z.int().min(0);

/** `GET /coordinator-status?jobGroupId=`, and each event of `/api/jobs/:id/events`: counts of a job. */
export const coordinatorStatusSchema = z.object({
  jobGroupId: z.string(),
  state: jobStateSchema,
  error: z.object({ code: errorCodeSchema, message: z.string() }).nullable(),
  createdAtMs: z.number(),
  firstPlayableAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  bytesStored: z.number(),
  segments: z.object({ total: count, done: count }),
  tasks: z.object({
    total: count,
    failedAttempts: count,
    waiting: count,
    ready: count,
    leased: count,
    checking: count,
    backoff: count,
    done: count,
    failed: count,
  }),
  holders: z.object({ total: count, connected: count }),
});
export type CoordinatorStatus = z.infer<typeof coordinatorStatusSchema>;

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
