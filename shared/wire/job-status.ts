import { z } from "zod";
import { errorCodeSchema } from "./protocol.ts";

const count = z.int().min(0);

/** `GET /coordinator-status?jobGroupId=`, and each event of `/api/jobs/:id/events`: counts of a job. */
export const coordinatorStatusSchema = z.object({
  jobGroupId: z.string(),
  state: z.enum(["planned", "running", "assembling", "ready", "failed", "cancelled"]),
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
