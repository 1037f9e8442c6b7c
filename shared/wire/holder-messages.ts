import { z } from "zod";
import { engineSchema, jobSettingsPatchSchema } from "../job/job.ts";
import { noticeSchema } from "../job/notice.ts";
import { hex64Schema, idSchema, md5Base64Schema } from "./formats.ts";
import { chunkInfoSchema, outputSchema, pictureVerdictSchema } from "./lease.ts";
import { errorCodeSchema } from "./problem.ts";
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, roleSchema } from "./protocol.ts";

/** Messages of a lease holder to its job's coordinator. */

/**
 * The part of a `hello` that all versions have in common. With it, a holder of an unsupported version can be refused. A
 * hello without a version counts as version 0.
 */
export const helloVersionSchema = z.object({
  type: z.literal("hello"),
  protocolVersion: z.number().default(0),
});

/** Free slots: the number of tasks that the holder would start now. It replaces the number sent before. */
const want = z.int().min(0).max(64);

/** A message of a lease holder to the coordinator. */
export const holderMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    protocolVersion: z.int().min(OLDEST_PROTOCOL_VERSION).max(PROTOCOL_VERSION),
    /** The same role as in the ticket that opened the socket. */
    role: roleSchema,
    /**
     * A secret that the holder chose and keeps over reconnects. Together with the token of the ticket it proves that
     * the same holder is back. It is not the holder's id, which the coordinator assigns (`welcome`) and which reveals
     * nothing about the secret.
     */
    holderId: idSchema,
    name: z.string().max(60),
    device: z.string().max(60),
    slots: z.int().min(0).max(64),
    engines: z.array(engineSchema).max(3),
    /** Leases that are still in work, which the holder wants to keep after a lost connection. */
    leases: z.array(idSchema).max(256),
    /** Whether the owner's tab has the file, so that it can cut chunks. False for other roles. */
    hasSource: z.boolean(),
    want: want.optional(),
  }),
  /** For changes of `want` that no other message carries. */
  z.object({ type: z.literal("want"), slots: want }),
  z.object({
    type: z.literal("renew"),
    leases: z
      .array(
        z.object({
          leaseId: idSchema,
          progress: z.number().min(0).max(1),
          /**
           * Milliseconds of work on the lease so far. With the progress they give the speed of a holder without
           * results.
           */
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
    /** The same notices as in `warnings`, with codes and times. Absent from holders of older builds. */
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
  /** Gives back a lease unfinished, because the holder pauses or closes. This is not a failed attempt. */
  z.object({ type: z.literal("release"), leaseId: idSchema }),
  /** Owner: this chunk is ready for upload. Answered by `stage-upload`. */
  z.object({
    type: z.literal("stage-offer"),
    chunk: chunkInfoSchema,
    sha256: hex64Schema,
    md5: md5Base64Schema,
  }),
  /** Owner: the chunk is in storage. */
  z.object({ type: z.literal("staged"), taskId: idSchema }),
  /** Owner: this chunk cannot be made. This counts as a failed attempt of its task. */
  z.object({
    type: z.literal("stage-failed"),
    taskId: idSchema,
    code: errorCodeSchema,
    retryable: z.boolean(),
    message: z.string().max(500),
  }),
  /** Owner: changes these settings from now on. */
  z.object({ type: z.literal("settings"), settings: jobSettingsPatchSchema }),
]);
export type HolderMessage = z.infer<typeof holderMessageSchema>;
