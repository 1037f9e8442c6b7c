import { z } from "zod";
import { noticeSchema } from "../job/notice.ts";
import { trimRequestSchema } from "../job/trim.ts";
import { oneLine } from "./details.ts";

/** Captions and subtitles of a video: requests and answers. */

export const CAPTION_FORMATS = ["vtt", "srt", "ass"] as const;
export type CaptionFormat = (typeof CAPTION_FORMATS)[number];

/** The most caption tracks of a video. */
export const MOST_CAPTION_TRACKS = 32;
/** The most characters of a captions file. Those of a film have about 100,000, or a few million with typeset signs. */
export const MOST_CAPTION_CHARACTERS = 4 * 1024 * 1024;
/** The most bytes of a request with that many characters, escaped as JSON. */
export const MOST_CAPTION_BYTES = 4 * MOST_CAPTION_CHARACTERS;

/** "s" and eight letters or digits. It is also the track's folder in the playlists' addresses. */
export const captionIdSchema = z.string().regex(/^s[a-z0-9]{8}$/);
/** A BCP 47 tag. Only its form is checked. */
export const captionLanguageSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, "is a language tag such as en or pt-BR");

/** `POST /api/videos/:id/captions` */
export const newCaptionsSchema = z.object({
  /** "en", "pt-BR"; "und" where it is not known. */
  language: captionLanguageSchema,
  /** For menus; default: the language's own name. */
  name: z.string().max(100).transform(oneLine).optional(),
  format: z.enum(CAPTION_FORMATS),
  /** The file, as text. */
  text: z.string().min(1).max(MOST_CAPTION_CHARACTERS),
  /** Shown unless the viewer chose otherwise. Where several tracks have it, the first counts. */
  isDefault: z.boolean().default(false),
  /** Holds only what everybody needs: signs, passages in another language. */
  isForced: z.boolean().default(false),
  /** Added to all times, in seconds. */
  offsetSeconds: z.number().min(-1e6).max(1e6).default(0),
  /**
   * The part of the source that the video shows. The file's times (after `offsetSeconds`) are then those of the whole
   * source: captions outside the part are left out, and the part's start becomes 0. Default: the times are the video's
   * own.
   */
  trim: trimRequestSchema.optional(),
  /** Index of the source's stream, counted from 0. The same stream is never taken over twice. */
  sourceTrack: z.int().min(0).max(9_999).optional(),
});
export type NewCaptions = z.input<typeof newCaptionsSchema>;

export const captionsSchema = z.object({
  id: captionIdSchema,
  language: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
  isForced: z.boolean(),
  /** How many cues there are. */
  cues: z.int(),
  /** Index of the source's stream; null for captions that a person or program added. */
  sourceTrack: z.int().nullable(),
  createdAtMs: z.number(),
  /** Notices of cues and styles that are left out or changed. */
  notices: z.array(noticeSchema),
  /** Address of the whole track as one WebVTT file. */
  url: z.string(),
});
export type Captions = z.infer<typeof captionsSchema>;

/** `GET /api/videos/:id/captions` */
export const captionsListSchema = z.object({
  captions: z.array(captionsSchema),
  /** Indexes of the source's streams that were taken over, including tracks that were deleted since. */
  sourceTracks: z.array(z.int()),
});
export type CaptionsList = z.infer<typeof captionsListSchema>;
