import { z } from "zod";
import {
  acceptedSegmentSchema,
  audioRenditionSchema,
  jobStateSchema,
  provenanceSchema,
  sourceFactsSchema,
  videoRenditionSchema,
} from "../job/job.ts";
import { detailsSchema } from "./details.ts";
import { jobViewSchema } from "./job-view.ts";
import { picturesSchema } from "./pictures.ts";
import { reasonSchema } from "./problem.ts";

const count = z.int().min(0);

/** `GET /coordinator-status?jobGroupId=`, and each event of `/api/jobs/:id/events`: counts of a job. */
export const coordinatorStatusSchema = z.object({
  jobGroupId: z.string(),
  state: jobStateSchema,
  error: reasonSchema.nullable(),
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

/** `GET /api/jobs/:id`; `tasks`, `segments` (provenance) and `holders` are empty without the owner's token. */
export const jobStatusSchema = jobViewSchema.extend({
  /** Title, description, language and chapters, as the owner wrote them. */
  details: detailsSchema.optional(),
  ...picturesSchema.shape,
  /** Null while a server is still reading the source. */
  source: sourceFactsSchema.nullable(),
  renditions: z.array(z.union([videoRenditionSchema, audioRenditionSchema])),
  segments: z.array(
    acceptedSegmentSchema
      .pick({ rendition: true, segment: true, sizeBytes: true, sha256: true, frames: true })
      .extend(provenanceSchema.shape),
  ),
});
export type JobStatus = z.infer<typeof jobStatusSchema>;
