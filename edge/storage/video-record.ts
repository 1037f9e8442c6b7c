import { z } from "zod";
import {
  acceptedSegmentSchema,
  audioRenditionSchema,
  segmentSchema,
  sourceFactsSchema,
  videoRenditionSchema,
} from "../../shared/job/job.ts";
import { noticeSchema } from "../../shared/job/notice.ts";
import { namedHashes, recordKey } from "../../shared/job/object-keys.ts";
import type { ExpectedObject } from "./stored-objects.ts";

/** Raise it with a change of a shape; a field that is only added gets a default instead. */
export const RECORD_VERSION = 1;

/**
 * List of a finished video's objects. Its coordinator forgets them an hour after the end; playlists can be
 * rendered again from `video`, `audio`, `segments` and `media`.
 */
const videoRecordSchema = z.object({
  /** A record of a newer version is not understood. */
  schemaVersion: z.int().max(RECORD_VERSION),
  jobId: z.string(),
  createdAtMs: z.number(),
  warnings: z.array(z.string()),
  notices: z.array(noticeSchema).default([]),
  source: sourceFactsSchema,
  video: z.array(videoRenditionSchema),
  audio: z.array(audioRenditionSchema),
  segments: z.array(segmentSchema),
  /** Init segments that media needs, each once. */
  inits: z.array(
    z.object({
      key: z.string(),
      rendition: z.string(),
      sizeBytes: z.int(),
      sha256: z.string(),
    }),
  ),
  /** With who made it, and how it was verified. */
  media: z.array(acceptedSegmentSchema),
  /** `md5` in hexadecimal. */
  playlists: z.array(z.object({ key: z.string(), sizeBytes: z.int(), md5: z.string() })),
});
export type VideoRecord = z.infer<typeof videoRecordSchema>;

export async function putRecord(bucket: R2Bucket, record: VideoRecord): Promise<void> {
  const httpMetadata = { contentType: "application/json" };
  await bucket.put(recordKey(record.jobId), JSON.stringify(record), { httpMetadata });
}

/**
 * Null where there is none: the video is not finished, or was before there were records.
 * @throws ZodError for one that a newer version of this program wrote
 */
export async function readRecord(bucket: R2Bucket, jobId: string): Promise<VideoRecord | null> {
  const stored = await bucket.get(recordKey(jobId));
  return stored === null ? null : videoRecordSchema.parse(await stored.json());
}

/** Objects that playlists name. */
export function madeObjects({ inits, media }: VideoRecord): ExpectedObject[] {
  return [...inits, ...media].map(({ key, sizeBytes }) => {
    return { key, sizeBytes, md5: namedHashes(key)?.md5 ?? null };
  });
}

/** All of a video's objects. */
export function recordedObjects(record: VideoRecord): ExpectedObject[] {
  return [...madeObjects(record), ...record.playlists];
}
