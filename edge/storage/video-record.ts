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

/** Raise this version with each change of a record's shape. A field that is only added gets a default instead. */
export const RECORD_VERSION = 1;

/**
 * The record of a finished video and its objects, because the coordinator deletes its data an hour after the end.
 * Playlists can be rendered again from `video`, `audio`, `segments` and `media`.
 */
const videoRecordSchema = z.object({
  /** A record of a newer version cannot be read. */
  schemaVersion: z.int().max(RECORD_VERSION),
  jobId: z.string(),
  createdAtMs: z.number(),
  warnings: z.array(z.string()),
  notices: z.array(noticeSchema).default([]),
  source: sourceFactsSchema,
  video: z.array(videoRenditionSchema),
  audio: z.array(audioRenditionSchema),
  segments: z.array(segmentSchema),
  /** The init segments of the media, each once. */
  inits: z.array(
    z.object({
      key: z.string(),
      rendition: z.string(),
      sizeBytes: z.int(),
      sha256: z.string(),
    }),
  ),
  /** The media segments, with their maker and verification. */
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
 * A video's record; null where there is none, because the video is not finished or is older than records.
 * @throws ZodError for a record that a newer version of this program wrote
 */
export async function readRecord(bucket: R2Bucket, jobId: string): Promise<VideoRecord | null> {
  const stored = await bucket.get(recordKey(jobId));
  return stored === null ? null : videoRecordSchema.parse(await stored.json());
}

/** The objects that playlists name. */
export function madeObjects({ inits, media }: VideoRecord): ExpectedObject[] {
  return [...inits, ...media].map(({ key, sizeBytes }) => {
    return { key, sizeBytes, md5: namedHashes(key)?.md5 ?? null };
  });
}

/** All objects of a video, including its playlists. */
export function recordedObjects(record: VideoRecord): ExpectedObject[] {
  return [...madeObjects(record), ...record.playlists];
}
