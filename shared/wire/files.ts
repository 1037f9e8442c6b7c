import { z } from "zod";
import { idSchema } from "./formats.ts";

/** The objects of a finished video, for programs that make files from them. */

const objectSchema = z.object({
  /** Below `folder`: "v480/init-....mp4". */
  path: z.string(),
  sizeBytes: z.int(),
});

const trackSchema = z.object({
  rendition: idSchema,
  kind: z.enum(["video", "audio"]),
  /** Name of an audio track, as players show it. */
  name: z.string(),
  /** 0 for audio. */
  width: z.int(),
  height: z.int(),
  init: objectSchema,
  /** In order. The init segment followed by all of them is one MP4. */
  media: z.array(objectSchema.extend({ frames: z.int() })),
});
export type FilesTrack = z.infer<typeof trackSchema>;

/** `GET /api/videos/:id/files` */
export const videoFilesSchema = z.object({
  /** The folder below `/v/` with the objects. It differs from the video's id where the video replaced another one. */
  folder: idSchema.optional(),
  durationSeconds: z.number(),
  /** Best first. Renditions with more than one init segment are left out. */
  tracks: z.array(trackSchema),
  /** All other objects: playlists, and media of renditions that are not in `tracks`. */
  others: z.array(objectSchema),
});
export type VideoFiles = z.infer<typeof videoFilesSchema>;
