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

/** An upload under way, or a finished one: opaque, signed by the edge, good for a week. */
const EXAMPLE_UPLOAD = "eyJrZXkiOiJ1cGxvYWRzLzAifQ.c2lnbmF0dXJl";
const uploadHandle = z.string().min(1).max(2000);
const videoId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/);

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
  /** All parts have this size but the last, which has the rest. */
  partSizeBytes: z.int(),
  partCount: z.int(),
});
export type CreateUploadResponse = z.infer<typeof createUploadResponseSchema>;

const partNumber = z.int().min(1).max(10_000);
export const uploadPartsRequestSchema = z
  .object({
    upload: uploadHandle,
    parts: z.array(partNumber).min(1).max(100),
  })
  .meta({ examples: [{ upload: EXAMPLE_UPLOAD, parts: [1] }] });
export const uploadPartsResponseSchema = z.object({
  /** PUT each part's bytes to its URL within 15 minutes, and keep the answer's ETag. */
  parts: z.array(z.object({ part: partNumber, url: z.string() })),
});
export type UploadPartsResponse = z.infer<typeof uploadPartsResponseSchema>;

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

export const webhookSchema = z.object({
  /** Gets a POST when the job is ready or has failed. */
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
  /** `status` is null when nobody answered. */
  attempts: z.array(z.object({ atMs: z.number(), status: z.int().nullable() })),
});
export type WebhookStatus = z.infer<typeof webhookStatusSchema>;

export const ladderRungSchema = z.object({
  /** Pixels of the short side: 480 is 480p, whichever way the picture is turned. */
  shortSide: z.int().min(2).max(4320),
  kilobitsPerSecond: z.int().min(20).max(100_000),
}) satisfies z.ZodType<LadderRung>;

export const audioChoiceSchema = z.object({
  /** Rate of stereo; mono gets half of it. Default: 128; 192 suits music. */
  kilobitsPerSecond: z.int().min(AUDIO_KILOBITS.least).max(AUDIO_KILOBITS.most).optional(),
  /** Measures the audio and makes it as loud as web players expect: -16 LUFS, peaks held at -1.5 dBTP. */
  loudness: z.boolean().optional(),
  /** Keeps 5.1 of the source beside stereo. */
  surround: z.boolean().optional(),
}) satisfies z.ZodType<AudioChoice>;

export const visibilitySchema = z.enum(VISIBILITIES);

/** The video whose place the new one takes once it is ready. */
const replacesSchema = z.object({
  id: videoId,
  /** The owner's token of the video that is replaced. */
  ownerToken: z.string().min(1).max(800),
});
export type Replaces = z.infer<typeof replacesSchema>;

/** A job for a video that lies in storage: servers do everything. */
export const createWholeJobRequestSchema = z
  .object({
    source: z.object({ upload: uploadHandle }),
    /** Default: by the source's size. */
    ladder: z.array(ladderRungSchema).min(1).max(12).optional(),
    audio: audioChoiceSchema.optional(),
    /** The part of it that is made, cut at frames; default: all. Chapters in `details` have the source's times. */
    trim: trimRequestSchema.optional(),
    /** Default: DEFAULT_VISIBILITY. */
    visibility: visibilitySchema.optional(),
    details: detailsPatchSchema.optional(),
    webhook: webhookSchema.optional(),
    /** Until it is ready, the new video is unlisted, or private where the old one is; `visibility` is not looked at. */
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

/** A job whose plan a tab made, which has the source. */
export const createPlannedJobRequestSchema = z.object({
  plan: jobPlanSchema,
  /** Default: DEFAULT_JOB_SETTINGS. */
  settings: jobSettingsPatchSchema.optional(),
  /** Default: DEFAULT_VISIBILITY. */
  visibility: visibilitySchema.optional(),
  details: detailsPatchSchema.optional(),
  webhook: webhookSchema.optional(),
  /** The pool whose machines are to help. */
  pool: poolAskSchema.optional(),
  /** As of a job for a whole video. */
  replaces: replacesSchema.optional(),
});

/** From the server that has a whole video: that it is at it, what it planned, or why it cannot. */
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
  /** Everybody who may watch may have the original; told to its owner and the operator. */
  originalForAll: z.boolean(),
};
const originalSchema = z.object({ sizeBytes: z.int() });
/** As a video has it; `original` is null where there is none, or not for the caller. */
export type VideoFileRights = {
  downloads: boolean;
  originalForAll: boolean;
  original: z.infer<typeof originalSchema> | null;
};

/** A video in the catalogue. */
export const videoSchema = z.object({
  id: videoId,
  /** Its file's; for everybody but the owner and the operator: its title. */
  name: z.string(),
  ...detailsSchema.shape,
  ...picturesSchema.shape,
  /** Told to its owner and the operator. */
  hasPassphrase: z.boolean().optional(),
  /** The video that is being made to take this one's place; told to its owner and the operator. */
  replacement: videoId.nullable().optional(),
  /** How often somebody began to watch; told to its owner and the operator. */
  plays: z.int().optional(),
  downloads: videoFileRights.downloads.optional(),
  originalForAll: videoFileRights.originalForAll.optional(),
  /** The file that it was made from; null where there is none, or not for the caller. */
  original: originalSchema.nullable().optional(),
  /** "planned" as long as it is being made: the row is written at the ends of a job only. */
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
    /** Opens the video while it is private; null: nothing does but links. The links of before end. */
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
/** Addresses that open a private video, for whoever has them. */
export const videoLinkSchema = z.object({
  /** The signed part: a bearer token of the API's, too, which shows what a viewer may see. */
  key: z.string(),
  expiresAtMs: z.number(),
  watchUrl: z.string(),
  embedUrl: z.string(),
  masterUrl: z.string(),
  /** As `masterUrl`, with a variant of the audio alone: for podcast apps. */
  podcastUrl: z.string(),
  /** While it is made there is none. */
  dashUrl: z.string(),
  /** Where one was made. */
  mp4Url: z.string(),
  /** Where there is one. */
  posterUrl: z.string(),
  storyboardUrl: z.string(),
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
  /** For the next page; null on the last one. */
  cursor: z.string().nullable(),
});
export type Video = z.infer<typeof videoSchema>;
export type VideoPage = z.infer<typeof videoPageSchema>;

export const mp4StatusSchema = z.object({
  state: z.enum(["none", "making", "ready"]),
  /** When ready. */
  url: z.string().nullable(),
  sizeBytes: z.int().nullable(),
});
export type Mp4Status = z.infer<typeof mp4StatusSchema>;

/** `GET /api/videos/:id/check` */
export const videoCheckSchema = z.object({
  /** All are. */
  ok: z.boolean(),
  /** Playlists, and all that they name. */
  objects: z.array(
    z.object({
      /** Below the video's folder: "v480/playlist.m3u8". */
      path: z.string(),
      /** As it was when the video became ready. */
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
  /** Servers can take work over now. */
  servers: z.boolean(),
  /** Creating a job asks for a token. */
  createToken: z.boolean(),
});
export type Site = z.infer<typeof siteSchema>;

/** `POST /api/jobs/:id/share`, with the owner's token. */
export const shareRequestSchema = z
  .object({
    /** Up to a week. */
    expiresInMinutes: z.int().min(1).max(10_080).default(1_440),
    /** Helpers through this link at the same time. */
    maxContributors: z.int().min(1).max(1_000).default(50),
  })
  .meta({ examples: [{ expiresInMinutes: 1_440, maxContributors: 50 }] });
export type ShareRequest = z.infer<typeof shareRequestSchema>;
export const shareResponseSchema = z.object({
  /** The token stands behind `#`: it never reaches a server's log by itself. */
  joinUrl: z.string(),
  expiresAtMs: z.number(),
  maxContributors: z.int(),
});
export type ShareResponse = z.infer<typeof shareResponseSchema>;

/** `POST /api/jobs/:id/ticket`, with a token of the job: the owner's, a contributor link's or a server's. */
export const socketTicketSchema = z.object({
  /** For `GET /api/jobs/:id/socket?ticket=`. */
  ticket: z.string(),
  /** End of the minute in which the socket is to be opened; the socket then stays. */
  expiresAtMs: z.number(),
});
export type SocketTicketResponse = z.infer<typeof socketTicketSchema>;

/** `GET /coordinator-status?jobGroupId=` */
export const statusQuerySchema = z.object({
  jobGroupId: z.string().min(1).describe("The job's id."),
});
