import { z } from "zod";
import { noticeSchema } from "../job/notice.ts";
import { trimRequestSchema } from "../job/trim.ts";
import { oneLine } from "./details.ts";

/** Captions and subtitles of a video: what is sent, and what is told of them. */

export const CAPTION_FORMATS = ["vtt", "srt", "ass"] as const;
export type CaptionFormat = (typeof CAPTION_FORMATS)[number];

/** Tracks a video may have. */
export const MOST_CAPTION_TRACKS = 32;
/** Characters of a file with captions: a film has some 100,000, with typeset signs a few million. */
export const MOST_CAPTION_CHARACTERS = 4 * 1024 * 1024;
/** Most bytes of a request with that many characters, escaped as JSON. */
export const MOST_CAPTION_BYTES = 4 * MOST_CAPTION_CHARACTERS;

/** "s" and eight letters or digits: also a folder in the playlists' addresses. */
export const captionIdSchema = z.string().regex(/^s[a-z0-9]{8}$/);
/** BCP 47, as far as its form goes. */
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
  /** Shown unless the viewer chose otherwise; of several the first counts. */
  isDefault: z.boolean().default(false),
  /** Holds only what everybody needs: signs, passages in another language. */
  isForced: z.boolean().default(false),
  /** Added to all times, in seconds. */
  offsetSeconds: z.number().min(-1e6).max(1e6).default(0),
  /**
   * The file's times are those of the whole source (after `offsetSeconds`), and the video is this part of it:
   * what is outside is left out, and the part's start becomes 0. Default: the times are the video's own.
   */
  trim: trimRequestSchema.optional(),
  /** Which of the source's streams it is, counted from 0; the same one is never taken twice. */
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
  /** Null for captions that somebody sent. */
  sourceTrack: z.int().nullable(),
  createdAtMs: z.number(),
  /** Notices of cues and styles that are left out or changed. */
  notices: z.array(noticeSchema),
  /** All of the track as one WebVTT file. */
  url: z.string(),
});
export type Captions = z.infer<typeof captionsSchema>;

/** `GET /api/videos/:id/captions` */
export const captionsListSchema = z.object({
  captions: z.array(captionsSchema),
  /** Streams of the source that were taken over, also those that were deleted since. */
  sourceTracks: z.array(z.int()),
});
export type CaptionsList = z.infer<typeof captionsListSchema>;
