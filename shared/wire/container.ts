import { z } from "zod";
import { trimRequestSchema } from "../job/trim.ts";
import { audioChoiceSchema, ladderRungSchema } from "./api.ts";
import { idSchema } from "./formats.ts";
import { MOST_TILES, tileSizeSchema } from "./pictures.ts";

/**
 * Requests of the edge to a container (`edge/container`). They contain no tasks: `serveJobRequestSchema` names a job,
 * and the container leases that job's tasks from the coordinator like every other lease holder.
 */

const url = z.url().max(4096);

/** A key frame of 4320p at the highest bit rate has a few MB. */
const MOST_KEY_FRAME_BYTES = 32 * 1024 * 1024;

/**
 * A whole video. The container reads it, plans the job if needed, and cuts chunks for itself and other lease holders.
 */
export const wholeSourceRequestSchema = z.object({
  /** Presigned GET, valid for hours. */
  url,
  name: z.string().min(1).max(255),
  sizeBytes: z.int().min(1),
  ladder: z.array(ladderRungSchema).nullable(),
  audio: audioChoiceSchema.optional(),
  /** The part of the video that is transcoded; absent: all. */
  trim: trimRequestSchema.optional(),
  needsPlan: z.boolean(),
  /** Where to POST the plan, or the error that prevents one (`preparedRequestSchema`). */
  preparedUrl: url,
});
export type WholeSourceRequest = z.infer<typeof wholeSourceRequestSchema>;

/**
 * `POST /transcode-segment`: answered once the coordinator has welcomed the container, or the container has begun to
 * read a whole source. It then works on.
 */
export const serveJobRequestSchema = z.object({
  jobId: idSchema,
  /** The coordinator's WebSocket. */
  socketUrl: url,
  /** Where the container gets a ticket for the socket, with its token. */
  ticketUrl: url,
  /** Token of the role "server". */
  token: z.string().min(1).max(200),
  holderId: idSchema,
  /** Milliseconds after which the container takes no new leases, finishes those it has, and leaves. */
  forMs: z
    .int()
    .min(1_000)
    .max(6 * 3_600_000),
  source: wholeSourceRequestSchema.optional(),
});
export type ServeJobRequest = z.infer<typeof serveJobRequestSchema>;

const trackSchema = z.object({
  /** Presigned GETs of the init segment and of the media segments in order. */
  init: url,
  media: z.array(url).min(1).max(20_000),
});

/** `POST /assemble-segments`: one MP4 from finished segments, without encoding anything again. */
export const assembleRequestSchema = z.object({
  jobId: idSchema,
  video: trackSchema,
  audio: trackSchema.nullable(),
  /** A presigned PUT, and the headers that were signed. */
  output: z.object({ url, headers: z.record(z.string(), z.string()) }),
});
export type AssembleRequest = z.infer<typeof assembleRequestSchema>;

export const assembleResponseSchema = z.object({
  sizeBytes: z.int(),
  videoFrames: z.int(),
  audioFrames: z.int(),
});
export type AssembleResponse = z.infer<typeof assembleResponseSchema>;

const keyFrameSchema = z.object({
  /** Presigned GET of the media segment that has the key frame. */
  url,
  /** The byte range of its moof, the header of the mdat and its sample. */
  offsetBytes: z.int().min(0),
  sizeBytes: z.int().min(1).max(MOST_KEY_FRAME_BYTES),
});

/** Key frames of one rendition. */
const keyFramesSchema = z.object({
  init: url,
  frames: z.array(keyFrameSchema).min(1).max(MOST_TILES),
});

/** `POST /make-pictures`: the poster and the storyboard of a finished video, by native ffmpeg. */
export const picturesRequestSchema = z.object({
  jobId: idSchema,
  /** Tiles of the storyboard, in order, from a small rendition. */
  tiles: keyFramesSchema,
  ...tileSizeSchema.shape,
  /** The same frames from a rendition that fills a poster. */
  posters: keyFramesSchema,
});
export type PicturesRequest = z.infer<typeof picturesRequestSchema>;

/** JPEGs in base64. */
export const picturesResponseSchema = z.object({
  poster: z.string(),
  sheets: z.array(z.string()),
});
export type PicturesResponse = z.infer<typeof picturesResponseSchema>;

/** `GET /health` */
export const containerHealthSchema = z.object({
  ok: z.boolean(),
  ffmpeg: z.string(),
  slots: z.int(),
  busySlots: z.int(),
  jobs: z.int(),
});
export type ContainerHealth = z.infer<typeof containerHealthSchema>;
