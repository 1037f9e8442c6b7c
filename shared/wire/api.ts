import { z } from "zod";
import { endStateSchema, jobPlanSchema, jobSettingsPatchSchema } from "../job/job.ts";
import { trimRequestSchema } from "../job/trim.ts";
import { AUDIO_KILOBITS, type AudioChoice } from "../plan/audio-choice.ts";
import type { LadderRung } from "../plan/rungs.ts";
import { newCaptionsSchema } from "./captions.ts";
import { detailsPatchSchema, detailsSchema } from "./details.ts";
import { idSchema } from "./formats.ts";
import { picturesSchema } from "./pictures.ts";
import { poolAskSchema } from "./pool.ts";
import { errorCodeSchema, reasonSchema } from "./problem.ts";
import { VISIBILITIES } from "./visibility.ts";

/**
 * Bodies of the API for programs: uploads, jobs of whole videos, the catalogue. The OpenAPI document
 * is generated from these same schemas.
 */

/** The handle of an upload, under way or finished: opaque, signed by the edge, valid for a week. */
const EXAMPLE_UPLOAD = "eyJrZXkiOiJ1cGxvYWRzLzAifQ.c2lnbmF0dXJl";
const uploadHandle = z.string().min(1).max(2000);
const videoId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/);

/** `POST /api/uploads` */
export const createUploadRequestSchema = z
  .object({
    /** The file's name, for people. */
    name: z.string().min(1).max(255),
    sizeBytes: z
      .int()
      .min(1)
      .max(100 * 1024 ** 3),
  })
  .meta({ examples: [{ name: "lesson-3.mp4", sizeBytes: 7_340_032 }] });
export const createUploadResponseSchema = z.object({
  upload: uploadHandle,
  /** Size of each part except the last, which has the remaining bytes. */
  partSizeBytes: z.int(),
  partCount: z.int(),
});
export type CreateUploadResponse = z.infer<typeof createUploadResponseSchema>;

const partNumber = z.int().min(1).max(10_000);
/** `POST /api/uploads/parts`: asks for the URLs of some parts. */
export const uploadPartsRequestSchema = z
  .object({
    upload: uploadHandle,
    parts: z.array(partNumber).min(1).max(100),
  })
  .meta({ examples: [{ upload: EXAMPLE_UPLOAD, parts: [1] }] });
export const uploadPartsResponseSchema = z.object({
  /** PUT each part's bytes to its URL within 15 minutes, and keep the ETag of the response. */
  parts: z.array(z.object({ part: partNumber, url: z.string() })),
});
export type UploadPartsResponse = z.infer<typeof uploadPartsResponseSchema>;

/** `POST /api/uploads/complete` */
export const completeUploadRequestSchema = z
  .object({
    upload: uploadHandle,
    parts: z
      .array(z.object({ part: partNumber, etag: z.string().min(1).max(200) }))
      .min(1)
      .max(10_000),
  })
  .meta({
    examples: [
      { upload: EXAMPLE_UPLOAD, parts: [{ part: 1, etag: "9b2cf535f27731c974343645a3985328" }] },
    ],
  });
/** `POST /api/uploads/abort` */
export const abortUploadRequestSchema = completeUploadRequestSchema
  .pick({ upload: true })
  .meta({ examples: [{ upload: EXAMPLE_UPLOAD }] });
export const completeUploadResponseSchema = z.object({ sizeBytes: z.int() });

/** `POST /api/upload-tokens`, with the site's key. */
export const uploadTokenRequestSchema = z
  .object({
    /** Up to a day. */
    expiresInMinutes: z.int().min(1).max(1_440).default(60),
  })
  .meta({ examples: [{ expiresInMinutes: 60 }] });
export const uploadTokenSchema = z.object({
  /** A bearer token for creating jobs and uploads. */
  token: z.string(),
  expiresAtMs: z.number(),
});
export type UploadTokenResponse = z.infer<typeof uploadTokenSchema>;

export const webhookSchema = z.object({
  /** Receives a POST when the job is ready, has failed or was cancelled. */
  url: z.url({ protocol: /^https?$/ }).max(2000),
  /** Signs each delivery: `tributary-signature: t=<seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. */
  secret: z.string().min(16).max(200),
});

/** The body of a request to a webhook. */
export const webhookEventSchema = z.object({
  type: z.enum(["job.ready", "job.failed", "job.cancelled"]),
  jobId: videoId,
  state: endStateSchema,
  error: reasonSchema.nullable(),
  watchUrl: z.string(),
  masterUrl: z.string(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

export const webhookStatusSchema = z.object({
  url: z.string(),
  deliveredAtMs: z.number().nullable(),
  /** `status` is the HTTP status of the response; null: there was none. */
  attempts: z.array(z.object({ atMs: z.number(), status: z.int().nullable() })),
});
export type WebhookStatus = z.infer<typeof webhookStatusSchema>;

export const ladderRungSchema = z.object({
  /** Pixels of the short side: 480 is 480p, in landscape and in portrait format. */
  shortSide: z.int().min(2).max(4320),
  kilobitsPerSecond: z.int().min(20).max(100_000),
}) satisfies z.ZodType<LadderRung>;

export const audioChoiceSchema = z.object({
  /** Bit rate of stereo; mono gets half of it. Default: 128; 192 suits music. */
  kilobitsPerSecond: z.int().min(AUDIO_KILOBITS.least).max(AUDIO_KILOBITS.most).optional(),
  /** Measures the loudness and changes it to what web players expect: -16 LUFS, with peaks of at most -1.5 dBTP. */
  loudness: z.boolean().optional(),
  /** Keeps the source's 5.1 in addition to stereo. */
  surround: z.boolean().optional(),
}) satisfies z.ZodType<AudioChoice>;

export const visibilitySchema = z.enum(VISIBILITIES);

/** The video that the new one replaces once it is ready. */
const replacesSchema = z.object({
  id: videoId,
  /** The owner's token of the video that is replaced. */
  ownerToken: z.string().min(1).max(800),
});
export type Replaces = z.infer<typeof replacesSchema>;

/** A job for a video that lies in storage: servers plan it and do all the work. */
export const createWholeJobRequestSchema = z
  .object({
    source: z.object({ upload: uploadHandle }),
    /** Default: chosen by the source's size. */
    ladder: z.array(ladderRungSchema).min(1).max(12).optional(),
    audio: audioChoiceSchema.optional(),
    /**
     * The part of the source that is transcoded, cut at frames; default: all. Chapters in `details` have the source's
     * times.
     */
    trim: trimRequestSchema.optional(),
    /** Default: DEFAULT_VISIBILITY. */
    visibility: visibilitySchema.optional(),
    details: detailsPatchSchema.optional(),
    webhook: webhookSchema.optional(),
    /** The pool whose machines help the site's servers. */
    pool: poolAskSchema.optional(),
    /** Until the new video is ready, it is unlisted, or private where the old one is. `visibility` is ignored. */
    replaces: replacesSchema.optional(),
  })
  .meta({
    examples: [
      {
        source: { upload: EXAMPLE_UPLOAD },
        audio: { kilobitsPerSecond: 192 },
        visibility: "listed",
        details: { title: "Lesson 3: fractions", language: "en" },
      },
    ],
  });
export type CreateWholeJobRequest = z.infer<typeof createWholeJobRequestSchema>;

/** A job with a plan that was made in a tab. The tab has the source. */
export const createPlannedJobRequestSchema = z.object({
  plan: jobPlanSchema,
  /** Default: DEFAULT_JOB_SETTINGS. */
  settings: jobSettingsPatchSchema.optional(),
  /** Default: DEFAULT_VISIBILITY. */
  visibility: visibilitySchema.optional(),
  details: detailsPatchSchema.optional(),
  webhook: webhookSchema.optional(),
  /** The pool whose machines are asked to help. */
  pool: poolAskSchema.optional(),
  /** As in `createWholeJobRequestSchema`. */
  replaces: replacesSchema.optional(),
});

/**
 * From the server that has a whole video: its plan, its progress, a track of subtitles, or the error that stopped it.
 */
export const preparedRequestSchema = z.union([
  z.object({ plan: jobPlanSchema }),
  z.object({ progress: z.number().min(0).max(1) }),
  /** A track of subtitles that the source has. */
  z.object({ captions: newCaptionsSchema }),
  z.object({
    error: z.object({
      code: errorCodeSchema,
      message: z.string().max(500),
      retryable: z.boolean(),
    }),
  }),
]);
export type PreparedRequest = z.input<typeof preparedRequestSchema>;

/** What viewers may download. */
const videoFileRights = {
  /** The watch page offers files to everybody who may watch. */
  downloads: z.boolean(),
  /** Everybody who may watch may download the original. Only the owner and the operator see this field. */
  originalForAll: z.boolean(),
};
const originalSchema = z.object({ sizeBytes: z.int() });
/** A video's rights. `original` is null where there is none, or where the caller may not download it. */
export type VideoFileRights = {
  downloads: boolean;
  originalForAll: boolean;
  original: z.infer<typeof originalSchema> | null;
};

/** A video in the catalogue. */
export const videoSchema = z.object({
  id: videoId,
  /** The file's name. Only the owner and the operator see it; all others get the title. */
  name: z.string(),
  ...detailsSchema.shape,
  ...picturesSchema.shape,
  /** Only for the owner and the operator. */
  hasPassphrase: z.boolean().optional(),
  /** The video that is being made to replace this one. Only for the owner and the operator. */
  replacement: videoId.nullable().optional(),
  /** How often somebody started to watch. Only for the owner and the operator. */
  plays: z.int().optional(),
  downloads: videoFileRights.downloads.optional(),
  originalForAll: videoFileRights.originalForAll.optional(),
  /** The original file; null where there is none, or where the caller may not download it. */
  original: originalSchema.nullable().optional(),
  /**
   * The job's state. It stays "planned" until the job has ended: the row is written only when the job starts and ends.
   */
  state: z.string(),
  errorCode: z.string().nullable(),
  durationTicks: z.number(),
  /** Width of the largest rendition. */
  width: z.number(),
  height: z.number(),
  bytesStored: z.number(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  visibility: visibilitySchema,
});
const passphraseSchema = z.string().min(8).max(200);

/** `PATCH /api/videos/:id` */
export const videoPatchSchema = detailsPatchSchema
  .extend({
    visibility: visibilitySchema.optional(),
    /** Opens the video while it is private; null: only signed links open it. A change ends all links made before. */
    passphrase: passphraseSchema.nullable().optional(),
    downloads: videoFileRights.downloads.optional(),
    originalForAll: videoFileRights.originalForAll.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, "nothing to change is named")
  .meta({
    examples: [
      {
        title: "Lesson 3: fractions",
        description: "Halves, quarters and eighths.",
        language: "en",
        chapters: [
          { startSeconds: 0, title: "Halves" },
          { startSeconds: 90, title: "Quarters" },
        ],
        visibility: "unlisted",
      },
    ],
  });
export type VideoPatch = z.input<typeof videoPatchSchema>;
/** The details of a video after a change, as they are stored. */
export const changedVideoSchema = detailsPatchSchema.extend({
  visibility: visibilitySchema.optional(),
  hasPassphrase: z.boolean().optional(),
  downloads: videoFileRights.downloads.optional(),
  originalForAll: videoFileRights.originalForAll.optional(),
});
export type ChangedVideo = z.infer<typeof changedVideoSchema>;

/** `POST /api/videos/:id/links`, with the owner's token. */
export const linkRequestSchema = z
  .object({
    /** Up to a year; default: a week. */
    expiresInMinutes: z.int().min(1).max(525_600).default(10_080),
  })
  .meta({ examples: [{ expiresInMinutes: 1_440 }] });
export type LinkRequest = z.input<typeof linkRequestSchema>;
/** Addresses that open a private video. Anybody who has them can watch it. */
export const videoLinkSchema = z.object({
  /** The signed part of the addresses. It is also a bearer token of the API, with a viewer's rights. */
  key: z.string(),
  expiresAtMs: z.number(),
  watchUrl: z.string(),
  embedUrl: z.string(),
  masterUrl: z.string(),
  /** As `masterUrl`, with one more variant, the audio alone, for podcast apps. */
  podcastUrl: z.string(),
  /** Answers 404 until the video is finished. */
  dashUrl: z.string(),
  /** Answers 404 where no MP4 was made. */
  mp4Url: z.string(),
  /** This and the next answer 404 where there is no such picture. */
  posterUrl: z.string(),
  storyboardUrl: z.string(),
  chaptersUrl: z.string(),
  /** Answers 404 unless the original was kept and its owner lets viewers download it. */
  originalUrl: z.string(),
});
export type SignedLink = z.infer<typeof videoLinkSchema>;
/** `POST /api/videos/:id/unlock` */
export const unlockRequestSchema = z
  .object({ passphrase: z.string().min(1).max(200) })
  .meta({ examples: [{ passphrase: "seven blue herons" }] });
/** `GET /api/videos?...` */
export const videoQuerySchema = z.object({
  cursor: z.string().max(100).optional().describe("Of the page before."),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("Videos a page; default 20."),
  state: z.enum(["planned", "ready", "failed", "cancelled"]).optional().describe("Only these."),
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Only those that have this in their title or description."),
});
export const videoPageSchema = z.object({
  videos: z.array(videoSchema),
  /** Cursor of the next page; null on the last page. */
  cursor: z.string().nullable(),
});
export type Video = z.infer<typeof videoSchema>;
export type VideoPage = z.infer<typeof videoPageSchema>;

/** `POST` and `GET /api/videos/:id/mp4` */
export const mp4StatusSchema = z.object({
  state: z.enum(["none", "making", "ready"]),
  /** Null until it is ready. */
  url: z.string().nullable(),
  sizeBytes: z.int().nullable(),
});
export type Mp4Status = z.infer<typeof mp4StatusSchema>;

/** `GET /api/videos/:id/check` */
export const videoCheckSchema = z.object({
  /** All objects are `ok`. */
  ok: z.boolean(),
  /** The playlists, and all objects that they name. */
  objects: z.array(
    z.object({
      /** Below the video's folder: "v480/playlist.m3u8". */
      path: z.string(),
      /** Size when the video became ready. */
      sizeBytes: z.int(),
      /** `differs`: in length or content. */
      state: z.enum(["ok", "missing", "differs"]),
    }),
  ),
});
export type VideoCheck = z.infer<typeof videoCheckSchema>;

export const createJobResponseSchema = z.object({
  jobId: idSchema,
  ownerToken: z.string(),
  watchUrl: z.string(),
  masterUrl: z.string(),
});
export type CreateJobResponse = z.infer<typeof createJobResponseSchema>;

/** `GET /api/site` */
export const siteSchema = z.object({
  /** Servers can take over work now. */
  servers: z.boolean(),
  /** A token is needed to create a job. */
  createToken: z.boolean(),
});
export type Site = z.infer<typeof siteSchema>;

/** `POST /api/jobs/:id/share`, with the owner's token. */
export const shareRequestSchema = z
  .object({
    /** Up to a week. */
    expiresInMinutes: z.int().min(1).max(10_080).default(1_440),
    /** The most contributors through this link at the same time. */
    maxContributors: z.int().min(1).max(1_000).default(50),
  })
  .meta({ examples: [{ expiresInMinutes: 1_440, maxContributors: 50 }] });
export type ShareRequest = z.infer<typeof shareRequestSchema>;
export const shareResponseSchema = z.object({
  /** The token stands behind `#`, so browsers do not send it to servers, and it gets into no log. */
  joinUrl: z.string(),
  expiresAtMs: z.number(),
  maxContributors: z.int(),
});
export type ShareResponse = z.infer<typeof shareResponseSchema>;

/** `POST /api/jobs/:id/ticket`, with a token of the job: the owner's, a contributor link's or a server's. */
export const socketTicketSchema = z.object({
  /** For `GET /api/jobs/:id/socket?ticket=`. */
  ticket: z.string(),
  /** The socket must be opened before this time, one minute from now. Once open, it stays open. */
  expiresAtMs: z.number(),
});
export type SocketTicketResponse = z.infer<typeof socketTicketSchema>;

/** `GET /coordinator-status?jobGroupId=` */
export const statusQuerySchema = z.object({
  jobGroupId: z.string().min(1).describe("The job's id."),
});
