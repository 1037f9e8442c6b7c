import { z } from "zod";
import { parseJson } from "../../shared/wire/json.ts";
import {
  type Pictures,
  type PosterSource,
  posterSourceSchema,
  tileSizeSchema,
} from "../../shared/wire/pictures.ts";

/** The rows of posters and storyboards. */

const storyboardSchema = tileSizeSchema.extend({
  startSeconds: z.array(z.number()),
  endSeconds: z.number(),
  /** Part of the names of the sheets. Each storyboard has a different version. */
  version: z.string(),
});
export type StoredStoryboard = z.infer<typeof storyboardSchema>;

export interface StoredPoster {
  source: PosterSource;
  width: number;
  height: number;
  savedAtMs: number;
}

/** The pictures of a video; null for those that it does not have. */
export interface StoredPictures {
  poster: StoredPoster | null;
  storyboard: StoredStoryboard | null;
}

export const NO_PICTURES: StoredPictures = { poster: null, storyboard: null };

/** Columns of `video_pictures AS p`, for a LEFT JOIN. */
export const PICTURES_COLUMNS = `p.poster_source AS posterSource, p.poster_width AS posterWidth,
  p.poster_height AS posterHeight, p.poster_saved_at_ms AS posterSavedAtMs, p.storyboard`;

const rowSchema = z.object({
  posterSource: posterSourceSchema.nullable(),
  posterWidth: z.int().nullable(),
  posterHeight: z.int().nullable(),
  posterSavedAtMs: z.number().nullable(),
  storyboard: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : storyboardSchema.parse(parseJson(text)))),
});

/** @param row with PICTURES_COLUMNS */
export function storedPicturesOf(row: Record<string, unknown>): StoredPictures {
  const {
    posterSource: source,
    posterWidth,
    posterHeight,
    posterSavedAtMs,
    storyboard,
  } = rowSchema.parse(row);
  const [width, height] = [posterWidth ?? 0, posterHeight ?? 0];
  const poster =
    source === null ? null : { source, width, height, savedAtMs: posterSavedAtMs ?? 0 };
  return { poster, storyboard };
}

/** The pictures as the API shows them. */
export function shownPictures(id: string, { poster, storyboard }: StoredPictures): Pictures {
  return {
    poster: poster && { path: `/v/${id}/poster.jpg`, ...poster },
    storyboardPath: storyboard && `/v/${id}/storyboard.vtt`,
  };
}

export async function findPictures(db: D1Database, id: string): Promise<StoredPictures> {
  const row = await db
    .prepare(`SELECT ${PICTURES_COLUMNS} FROM video_pictures AS p WHERE p.id = ?`)
    .bind(id)
    .first();
  return row === null ? NO_PICTURES : storedPicturesOf(row);
}

/** Prevents a row from being written after the video's rows were deleted. */
const OF_A_VIDEO = `WHERE EXISTS (SELECT 1 FROM videos WHERE id = ?1)
  OR EXISTS (SELECT 1 FROM video_owners WHERE id = ?1)`;

/** @returns false where there is no such video (any more) */
export async function savePosterRow(
  db: D1Database,
  id: string,
  { source, width, height, savedAtMs }: StoredPoster,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO video_pictures (id, poster_source, poster_width, poster_height, poster_saved_at_ms)
       SELECT ?1, ?2, ?3, ?4, ?5 ${OF_A_VIDEO}
       ON CONFLICT (id) DO UPDATE SET poster_source = excluded.poster_source,
         poster_width = excluded.poster_width, poster_height = excluded.poster_height,
         poster_saved_at_ms = excluded.poster_saved_at_ms`,
    )
    .bind(id, source, width, height, savedAtMs)
    .run();
  return meta.changes > 0;
}

/** @returns false where there is no such video (any more) */
export async function saveStoryboardRow(
  db: D1Database,
  id: string,
  storyboard: StoredStoryboard,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO video_pictures (id, storyboard) SELECT ?1, ?2 ${OF_A_VIDEO}
       ON CONFLICT (id) DO UPDATE SET storyboard = excluded.storyboard`,
    )
    .bind(id, JSON.stringify(storyboard))
    .run();
  return meta.changes > 0;
}

export async function deletePicturesRow(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM video_pictures WHERE id = ?").bind(id).run();
}
