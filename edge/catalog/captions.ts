import { z } from "zod";
import { noticeSchema } from "../../shared/job/notice.ts";
import { type Captions, MOST_CAPTION_TRACKS } from "../../shared/wire/captions.ts";

/** The rows of captions. */

export type CaptionsRow = Omit<Captions, "url">;

const rowSchema = z.object({
  id: z.string(),
  language: z.string(),
  name: z.string(),
  isDefault: z.int().transform((value) => value !== 0),
  isForced: z.int().transform((value) => value !== 0),
  cues: z.int(),
  sourceTrack: z.int().nullable(),
  createdAtMs: z.number(),
  notices: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(noticeSchema)),
  deletedAtMs: z.number().nullable(),
});

/** The caption tracks of a video. */
export interface StoredCaptions {
  /** The oldest first. */
  tracks: CaptionsRow[];
  /** Indexes of the source's streams that were taken over, including tracks that were deleted since. */
  sourceTracks: number[];
}

/** The caption tracks of a video; none for an unknown one. */
export async function listCaptions(db: D1Database, videoId: string): Promise<StoredCaptions> {
  const { results } = await db
    .prepare(
      `SELECT id, language, name, is_default AS isDefault, is_forced AS isForced, cues,
         source_track AS sourceTrack, created_at_ms AS createdAtMs, notices,
         deleted_at_ms AS deletedAtMs
       FROM captions WHERE video_id = ? ORDER BY created_at_ms, id`,
    )
    .bind(videoId)
    .all();
  const rows = results.map((row) => rowSchema.parse(row));
  return {
    tracks: rows.flatMap(({ deletedAtMs, ...track }) => (deletedAtMs === null ? [track] : [])),
    sourceTracks: rows.flatMap(({ sourceTrack }) => (sourceTrack === null ? [] : [sourceTrack])),
  };
}

/**
 * Adds a row if the video has fewer than the most tracks and no row of the same stream of the source.
 * @returns whether it was added
 */
export async function addCaptions(
  db: D1Database,
  videoId: string,
  track: CaptionsRow,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT OR IGNORE INTO captions (video_id, id, language, name, is_default, is_forced, cues,
         source_track, created_at_ms, notices)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
       WHERE (SELECT count(*) FROM captions WHERE video_id = ?1) < ?11`,
    )
    .bind(
      videoId,
      track.id,
      track.language,
      track.name,
      Number(track.isDefault),
      Number(track.isForced),
      track.cues,
      track.sourceTrack,
      track.createdAtMs,
      JSON.stringify(track.notices),
      MOST_CAPTION_TRACKS,
    )
    .run();
  return meta.changes > 0;
}

/**
 * Deletes a track. A track of the source keeps its row, marked as deleted.
 * @returns false where there is no such track
 */
export async function removeCaptions(
  db: D1Database,
  videoId: string,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const [marked, deleted] = await db.batch([
    db
      .prepare(
        `UPDATE captions SET deleted_at_ms = ?3
         WHERE video_id = ?1 AND id = ?2 AND source_track IS NOT NULL AND deleted_at_ms IS NULL`,
      )
      .bind(videoId, id, nowMs),
    db
      .prepare("DELETE FROM captions WHERE video_id = ?1 AND id = ?2 AND source_track IS NULL")
      .bind(videoId, id),
  ]);
  return (marked?.meta.changes ?? 0) + (deleted?.meta.changes ?? 0) > 0;
}
