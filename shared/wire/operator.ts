import { z } from "zod";

/** Lists and rules of the site's operator, and reports that people send to the operator. */

/** A limit; null: none. */
const rule = z.int().min(1).nullable().default(null);

/** `PUT /api/admin/rules`: limits for new videos, and how long videos are kept. */
export const siteRulesSchema = z
  .object({
    /** The longest duration of a video, in seconds. */
    mostSeconds: rule,
    /** The largest source file, in bytes. */
    mostSourceBytes: rule,
    /** The most videos on the site, including those that are being made. */
    mostVideos: rule,
    /** A daily trigger deletes videos that were created longer ago than this and are not being made. */
    deleteAfterDays: rule,
  })
  .meta({
    examples: [
      { mostSeconds: 7200, mostSourceBytes: null, mostVideos: 500, deleteAfterDays: null },
    ],
  });
export type SiteRules = z.infer<typeof siteRulesSchema>;

/** `GET /api/admin` */
export const overviewSchema = z.object({
  /** Number of videos by state. "planned": being made. */
  videos: z.record(z.string(), z.int()),
  bytesStored: z.number(),
  reports: z.int(),
  rules: siteRulesSchema,
});
export type Overview = z.infer<typeof overviewSchema>;

export const REPORT_REASONS = ["illegal", "copyright", "privacy", "harmful", "other"] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];
export const MOST_REPORT_CHARACTERS = 2_000;

/** `POST /api/videos/:id/reports` */
export const newReportSchema = z
  .object({
    reason: z.enum(REPORT_REASONS),
    text: z.string().max(MOST_REPORT_CHARACTERS).default(""),
  })
  .meta({ examples: [{ reason: "privacy", text: "I am in it, and did not agree." }] });
export type NewReport = z.input<typeof newReportSchema>;

/** `GET /api/admin/reports` */
export const reportsSchema = z.object({
  /** The oldest first. */
  reports: z.array(
    z.object({
      id: z.int(),
      videoId: z.string(),
      /** Null where the video is gone. */
      title: z.string().nullable(),
      reason: z.enum(REPORT_REASONS),
      text: z.string(),
      createdAtMs: z.number(),
    }),
  ),
});
export type Report = z.infer<typeof reportsSchema>["reports"][number];

/** `GET` and `POST /api/admin/catalogue`: all rows, as a backup. */
export const catalogueBackupSchema = z.object({
  schemaVersion: z.literal(1),
  tables: z.record(
    z.string(),
    z.array(
      z.record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.union([z.string(), z.number(), z.null()])),
    ),
  ),
});
export type CatalogueBackup = z.infer<typeof catalogueBackupSchema>;
export const restoredSchema = z.object({
  /** Number of rows that were added. Existing rows were not changed. */
  added: z.int(),
});
