import { z } from "zod";
import { engineSchema, jobSettingsPatchSchema } from "../job/job.ts";
import { noticeSchema } from "../job/notice.ts";
import { hex64Schema, idSchema, md5Base64Schema } from "./formats.ts";
import { chunkInfoSchema, outputSchema, pictureVerdictSchema } from "./lease.ts";
import { errorCodeSchema } from "./problem.ts";
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, roleSchema } from "./protocol.ts";

/** Messages of a lease holder to its job's coordinator. */

/**
 * The part of a `hello` that every version has: enough to tell a holder that its version is not spoken
 * here. A hello without a version counts as version 0.
 */
export const helloVersionSchema = z.object({
  type: z.literal("hello"),
  protocolVersion: z.number().default(0),
});

/** Free slots: the holder would start this many tasks now. Replaces the former number. */
const want = z.int().min(0).max(64);

export const holderMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    protocolVersion: z.int().min(OLDEST_PROTOCOL_VERSION).max(PROTOCOL_VERSION),
    /** As the ticket says that opened the socket. */
    role: roleSchema,
    /**
     * A secret that the holder chose, kept over reconnects: with the token of its ticket it shows that the
     * same one is back. Not its id: that one is given by the coordinator (`welcome`), and says nothing of this.
     */
    holderId: idSchema,
    name: z.string().max(60),
    device: z.string().max(60),
    slots: z.int().min(0).max(64),
    engines: z.array(engineSchema).max(3),
    /** Leases still in work here, to be adopted again after a lost connection. */
    leases: z.array(idSchema).max(256),
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
          leaseId: idSchema,
          progress: z.number().min(0).max(1),
          /** Spent on it in a slot so far: with the progress it tells a newcomer's speed. */
          workMs: z.number().min(0).optional(),
        }),
      )
      .max(256),
  }),
  z.object({
    type: z.literal("offer"),
    leaseId: idSchema,
    outputs: z.array(outputSchema).min(1).max(4096),
    want: want.optional(),
  }),
  z.object({
    type: z.literal("commit"),
    leaseId: idSchema,
    engine: engineSchema,
    encodeMs: z.number().min(0),
    warnings: z.array(z.string().max(500)).max(10),
    /** The same with codes and times; none from holders that were built before there were. */
    notices: z.array(noticeSchema).max(10).optional(),
  }),
  z.object({
    type: z.literal("fail"),
    leaseId: idSchema,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string().max(500),
  }),
  /** The verdict of a lease that was granted with `compare`. */
  z.object({ type: z.literal("compared"), leaseId: idSchema, verdict: pictureVerdictSchema }),
  /** Gives a lease back undone (paused, closing); not an attempt. */
  z.object({ type: z.literal("release"), leaseId: idSchema }),
  /** Owner: this chunk is made and can be uploaded; answered by `stage-upload`. */
  z.object({
    type: z.literal("stage-offer"),
    chunk: chunkInfoSchema,
    sha256: hex64Schema,
    md5: md5Base64Schema,
  }),
  /** Owner: the chunk is in storage. */
  z.object({ type: z.literal("staged"), taskId: idSchema }),
  /** Owner: this chunk cannot be made; counts as a failed attempt of its task. */
  z.object({
    type: z.literal("stage-failed"),
    taskId: idSchema,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string().max(500),
  }),
  /** Owner: from now on. */
  z.object({ type: z.literal("settings"), settings: jobSettingsPatchSchema }),
]);
export type HolderMessage = z.infer<typeof holderMessageSchema>;
