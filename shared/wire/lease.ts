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

/** A task in a holder's hands: its chunk, what is made of it, and where that goes. */

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

/** An init segment is a few boxes. */
export const MAX_INIT_BYTES = 16 * 1024;

const outputFacts = {
  rendition: z.string().max(24),
  /** Segment index of a media output; an init names the first segment of its task. */
  segment: z.int().min(0),
  sizeBytes: z
    .int()
    .min(1)
    .max(512 * 1024 * 1024),
  sha256: hex64Schema,
  md5: md5Base64Schema,
  /** Samples in it; 0 for an init. */
  frames: z.int().min(0),
};

/** An output that a holder offers: media is uploaded afterwards, an init segment is part of the offer. */
export const outputSchema = z.discriminatedUnion("kind", [
  z.object({ ...outputFacts, kind: z.literal("media") }),
  z.object({
    ...outputFacts,
    kind: z.literal("init"),
    /** Its bytes: the gate checks and stores them, once for all leases that bring the same. */
    base64: z.base64().max(4 * Math.ceil(MAX_INIT_BYTES / 3)),
  }),
]);
export type Output = z.infer<typeof outputSchema>;
/** An output of either kind, without an init's bytes. */
export type OutputFacts = Pick<Output, keyof Output>;

/** A trusted holder's verdict on a result's pictures: the source's; not the source's; cannot tell. */
export const pictureVerdictSchema = z.enum(["agrees", "lies", "unsure"]);
export type PictureVerdict = z.infer<typeof pictureVerdictSchema>;

/** An output of another holder, to be fetched and compared with the source. */
export const outputToCompareSchema = z
  .object({ ...outputFacts, kind: z.enum(["init", "media"]) })
  .pick({ rendition: true, kind: true, segment: true, sizeBytes: true, sha256: true })
  .extend({ url: storageUrlSchema });
export type OutputToCompare = z.infer<typeof outputToCompareSchema>;

export const leaseGrantSchema = z.object({
  leaseId: idSchema,
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
    z.object({ from: z.literal("url"), url: storageUrlSchema, info: chunkInfoSchema }),
  ]),
});
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

export const putSchema = z.object({
  /** Position in the offer's `outputs`. Inits, and media that storage already holds, get no PUT. */
  output: z.int().min(0),
  url: storageUrlSchema,
  /** To be sent exactly: they are signed. */
  headers: z.record(z.string(), z.string()),
});
export type Put = z.infer<typeof putSchema>;
