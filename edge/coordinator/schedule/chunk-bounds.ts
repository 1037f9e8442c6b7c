import { type JobPlan, TICKS_PER_SECOND } from "../../../shared/job/job.ts";

/** Limits for the chunks of a job in storage. They follow from the source, and hold for everybody who stages chunks. */

/** A lease holder loads a whole chunk into memory. */
const MAX_CHUNK_BYTES = 2 * 1024 ** 3;
/** Upper bound for a source's data rate. Uncompressed 4K has three quarters of it; higher claims are ignored. */
const MAX_SOURCE_BYTES_PER_SECOND = 1e9;
/** Allowance for the packets' form in an MP4: what the source's container leaves out, and the boxes. */
const CHUNK_FACTOR = 1.25;
const CHUNK_SLACK_BYTES = 4 * 1024 ** 2;
/**
 * Factor for all chunks together. Chunks begin at key frames, so they overlap; and tasks of different renditions of the
 * same segments have the same packets.
 */
const TOTAL_FACTOR = 16;
const TOTAL_SLACK_BYTES = 256 * 1024 ** 2;

/** The most different chunks of one task. The tab with the source may be replaced by another version of the program. */
export const MOST_CHUNKS_OF_A_TASK = 3;

/** Bytes of the largest chunk that a task of this plan may have. */
export function maxChunkBytes(plan: JobPlan): number {
  return Math.min(MAX_CHUNK_BYTES, CHUNK_FACTOR * sourceBytes(plan) + CHUNK_SLACK_BYTES);
}

/** The most bytes of all chunks of a job together. */
export function maxChunksBytes(plan: JobPlan): number {
  return TOTAL_FACTOR * sourceBytes(plan) + TOTAL_SLACK_BYTES;
}

function sourceBytes({ source: { sizeBytes, durationTicks } }: JobPlan): number {
  return Math.min(sizeBytes, (durationTicks / TICKS_PER_SECOND) * MAX_SOURCE_BYTES_PER_SECOND);
}
