import { z } from "zod";
import { trimRequestSchema } from "../../shared/job/trim.ts";
import { audioChoiceSchema, ladderRungSchema } from "../../shared/wire/api.ts";

/** Messages in the queue of server work. Internal, but parsed: an older deployment may have sent them. */

/** A whole video in storage, which the server reads itself. */
export const wholeSourceSchema = z.object({
  key: z.string(),
  name: z.string(),
  sizeBytes: z.number(),
  ladder: z.array(ladderRungSchema).nullable(),
  audio: audioChoiceSchema.optional(),
  /** Absent: the whole video. */
  trim: trimRequestSchema.optional(),
  /** The job has no plan yet: the server makes it. */
  needsPlan: z.boolean(),
});

const serveCallSchema = z.object({
  type: z.literal("serve"),
  jobId: z.string(),
  /** Where the job was created: the container connects and storage is signed there. */
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

/** Asks for the pictures of a finished video, where it has none by then. */
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

/** The owner's tab has so long to make them: a server is called for what is missing. */
export const OWN_PICTURES_SECONDS = 60;

/** A server works on a job this long at most before it is called anew. */
export const SERVE_FOR_MS = 12 * 60_000;
/** One that has read a whole source stays: reading it again is dear. */
export const SERVE_SOURCE_FOR_MS = 6 * 3_600_000;
