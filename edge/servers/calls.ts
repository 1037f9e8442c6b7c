import { z } from "zod";
import { trimRequestSchema } from "../../shared/job/trim.ts";
import { audioChoiceSchema, ladderRungSchema } from "../../shared/wire/api.ts";

/**
 * Messages in the queue of server work. They are internal, but parsed, because an older deployment may have sent them.
 */

/** A whole video in storage, which the server reads. */
export const wholeSourceSchema = z.object({
  key: z.string(),
  name: z.string(),
  sizeBytes: z.number(),
  ladder: z.array(ladderRungSchema).nullable(),
  audio: audioChoiceSchema.optional(),
  /** Absent: the whole video. */
  trim: trimRequestSchema.optional(),
  /** Whether the job has no plan yet, which the server then makes. */
  needsPlan: z.boolean(),
});

const serveCallSchema = z.object({
  type: z.literal("serve"),
  jobId: z.string(),
  /** Origin of the site where the job was created. The container connects to it, and storage URLs are signed for it. */
  origin: z.string(),
  holderId: z.string(),
  /** Token of the role "server", for this job. */
  token: z.string(),
  source: wholeSourceSchema.optional(),
});
export type ServeCall = z.infer<typeof serveCallSchema>;

const assembleCallSchema = z.object({
  type: z.literal("assemble"),
  jobId: z.string(),
  origin: z.string(),
});

/** Asks for the pictures that a finished video does not have by then. */
const picturesCallSchema = z.object({
  type: z.literal("pictures"),
  jobId: z.string(),
  origin: z.string(),
});

export const serverCallSchema = z.discriminatedUnion("type", [
  serveCallSchema,
  assembleCallSchema,
  picturesCallSchema,
]);
export type ServerCall = z.infer<typeof serverCallSchema>;

/** Seconds that the owner's tab has to make the pictures. A server then makes those that are missing. */
export const OWN_PICTURES_SECONDS = 60;

/** The longest time, in milliseconds, that a server works on a job before it has to be called again. */
export const SERVE_FOR_MS = 12 * 60_000;
/** The same for a server that has read a whole source. It is longer, because reading the source again is expensive. */
export const SERVE_SOURCE_FOR_MS = 6 * 3_600_000;
