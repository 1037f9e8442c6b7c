import { z } from "zod";
import {
  audioRenditionSchema,
  engineSchema,
  segmentSchema,
  sourceFactsSchema,
  taskSchema,
  videoRenditionSchema,
} from "../job/job.ts";
import { hex64Schema, idSchema, md5Base64Schema, storageUrlSchema } from "./formats.ts";

/** A leased task: its chunk, its outputs, and where they are uploaded. */

/**
 * Where a chunk lies on the job's timeline. A chunk is a small mp4 whose own times begin at 0;
 * chunk time x is timeline time x + baseTicks. Frames outside [trimStart, trimEnd) (timeline ticks,
 * halfway between neighbouring frames) are decode lead-in and are dropped.
 */
export const chunkInfoSchema = z.object({
  taskId: idSchema,
  sizeBytes: z.int().min(1),
  baseTicks: z.int(),
  trimStartTicks: z.int(),
  trimEndTicks: z.int(),
});
export type ChunkInfo = z.infer<typeof chunkInfoSchema>;

/** The most bytes of an init segment, which consists of a few boxes. */
export const MAX_INIT_BYTES = 16 * 1024;

const outputFacts = {
  rendition: z.string().max(24),
  /** Segment index of a media output. For an init segment, the index of its task's first segment. */
  segment: z.int().min(0),
  sizeBytes: z
    .int()
    .min(1)
    .max(512 * 1024 * 1024),
  sha256: hex64Schema,
  md5: md5Base64Schema,
  /** Number of samples; 0 for an init segment. */
  frames: z.int().min(0),
};

/** An output that a holder offers. Media is uploaded afterwards; an init segment is part of the offer. */
export const outputSchema = z.discriminatedUnion("kind", [
  z.object({ ...outputFacts, kind: z.literal("media") }),
  z.object({
    ...outputFacts,
    kind: z.literal("init"),
    /** The bytes of the init segment. The gate checks them, and stores them once for all leases that offer the same. */
    base64: z.base64().max(4 * Math.ceil(MAX_INIT_BYTES / 3)),
  }),
]);
export type Output = z.infer<typeof outputSchema>;
/** An output of either kind, without the bytes of an init segment. */
export type OutputFacts = Pick<Output, keyof Output>;

/**
 * A trusted holder's verdict on a result's frames. `agrees`: they match the source. `lies`: they do not. `unsure`: it
 * cannot tell.
 */
export const pictureVerdictSchema = z.enum(["agrees", "lies", "unsure"]);
export type PictureVerdict = z.infer<typeof pictureVerdictSchema>;

/** An output of another holder, which the auditor downloads and compares with the source. */
export const outputToCompareSchema = z
  .object({ ...outputFacts, kind: z.enum(["init", "media"]) })
  .pick({ rendition: true, kind: true, segment: true, sizeBytes: true, sha256: true })
  .extend({ url: storageUrlSchema });
export type OutputToCompare = z.infer<typeof outputToCompareSchema>;

/** A lease, with everything that its holder needs to make the task's outputs. */
export const leaseGrantSchema = z.object({
  leaseId: idSchema,
  attempt: z.int().min(1),
  task: taskSchema,
  /** The task's segments, in order. */
  segments: z.array(segmentSchema).min(1),
  renditions: z.array(z.union([videoRenditionSchema, audioRenditionSchema])).min(1),
  source: sourceFactsSchema.pick({ durationTicks: true, video: true, audio: true }),
  /** Only a result of this engine is accepted, because others could not be verified. Absent: any engine. */
  engine: engineSchema.optional(),
  /**
   * The lease is an audit by pictures: the holder compares these outputs with the source, makes nothing, and answers
   * with `compared`.
   */
  compare: z.array(outputToCompareSchema).min(1).optional(),
  /** Where the chunk comes from. "local": the holder cuts it from its own file. */
  chunk: z.union([
    z.object({ from: z.literal("local") }),
    z.object({ from: z.literal("url"), url: storageUrlSchema, info: chunkInfoSchema }),
  ]),
});
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

/** A presigned upload of one output. */
export const putSchema = z.object({
  /** Index in the offer's `outputs`. Init segments, and media that storage already has, get no PUT. */
  output: z.int().min(0),
  url: storageUrlSchema,
  /** The headers are signed: the upload must send exactly these. */
  headers: z.record(z.string(), z.string()),
});
export type Put = z.infer<typeof putSchema>;
