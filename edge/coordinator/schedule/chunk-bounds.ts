import { type JobPlan, TICKS_PER_SECOND } from "../../../shared/job/job.ts";

/** How much of chunks a job may have in storage: by its source, whoever stages them. */

/** A holder takes a chunk whole into its memory. */
const MAX_CHUNK_BYTES = 2 * 1024 ** 3;
/** Uncompressed 4K takes three quarters of it: a source that claims more claims it for nothing. */
const MAX_SOURCE_BYTES_PER_SECOND = 1e9;
/** The packets in an mp4: whatever their container did without, and its boxes. */
const CHUNK_FACTOR = 1.25;
const CHUNK_SLACK_BYTES = 4 * 1024 ** 2;
/**
 * All chunks together: each begins at a key frame, so that they overlap, and a task of some renditions
 * has the same packets as that of the others.
 */
const TOTAL_FACTOR = 16;
const TOTAL_SLACK_BYTES = 256 * 1024 ** 2;

/** Chunks of different content that one task may have had: the source's tab may be another program. */
export const MOST_CHUNKS_OF_A_TASK = 3;

/** Bytes of the largest chunk that a task of this plan may have. */
export function maxChunkBytes(plan: JobPlan): number {
  return Math.min(MAX_CHUNK_BYTES, CHUNK_FACTOR * sourceBytes(plan) + CHUNK_SLACK_BYTES);
}

/** Bytes of all chunks of a job together, at most. */
export function maxChunksBytes(plan: JobPlan): number {
  return TOTAL_FACTOR * sourceBytes(plan) + TOTAL_SLACK_BYTES;
}

function sourceBytes({ source: { sizeBytes, durationTicks } }: JobPlan): number {
  return Math.min(sizeBytes, (durationTicks / TICKS_PER_SECOND) * MAX_SOURCE_BYTES_PER_SECOND);
}
