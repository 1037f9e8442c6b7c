import { z } from "zod";
import { idSchema } from "./formats.ts";
import { jobDeltaSchema, jobViewSchema } from "./job-view.ts";
import { leaseGrantSchema, putSchema } from "./lease.ts";
import { errorCodeSchema, reasonSchema } from "./problem.ts";

/** Messages of a job's coordinator to its lease holders. */

/** A message of the coordinator to a lease holder. */
export const coordinatorMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    /** The holder's id, as the owner sees it. */
    holderId: idSchema,
    job: jobViewSchema,
    /** Ids of those leases in `hello` that continue. */
    adopted: z.array(idSchema),
    /**
     * The free slots that `hello` stated (`want`). Absent where `hello` did not state them: the holder sends `want`.
     */
    wanted: z.int().optional(),
  }),
  z.object({ type: z.literal("grant"), grants: z.array(leaseGrantSchema).min(1) }),
  z.object({ type: z.literal("uploads"), leaseId: idSchema, puts: z.array(putSchema) }),
  z.object({ type: z.literal("accepted"), leaseId: idSchema }),
  z.object({
    type: z.literal("rejected"),
    leaseId: idSchema,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string(),
  }),
  z.object({ type: z.literal("revoke"), leaseId: idSchema, code: errorCodeSchema }),
  /** Owner: make these chunks and offer them for storage. */
  z.object({ type: z.literal("stage"), taskIds: z.array(idSchema) }),
  z.object({
    type: z.literal("stage-upload"),
    taskId: idSchema,
    /** Null: storage has the chunk already, or must not get it. */
    put: putSchema.nullable(),
    /** Why storage must not get the chunk. The task then stays with lease holders that have the source. */
    refused: reasonSchema.optional(),
  }),
  z.object({ type: z.literal("job"), job: jobDeltaSchema }),
  z.object({ type: z.literal("error"), code: errorCodeSchema, message: z.string() }),
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessageSchema>;
