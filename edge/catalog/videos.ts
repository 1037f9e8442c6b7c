import { isErrorCode } from "../../shared/job/errors.ts";
import { type EndState, hasEnded } from "../../shared/job/job.ts";
import {
  type Video,
  type VideoFileRights,
  type VideoPage,
  videoSchema,
} from "../../shared/wire/api.ts";
import type { Details } from "../../shared/wire/details.ts";
import type { Pictures } from "../../shared/wire/pictures.ts";
import type { Reason } from "../../shared/wire/problem.ts";
import { DETAILS_COLUMNS, shownDetails, storedDetailsSchema } from "./details.ts";
import { PICTURES_COLUMNS, shownPictures, storedPicturesOf } from "./pictures.ts";
import { FILES_COLUMNS, shownFiles } from "./video-files.ts";

/** The address under which a video is named: its own id, or that of a video that it replaced. */
const ADDRESS = "coalesce(a.address, v.id)";
/** The catalogue's columns, under the field names of `Video`. */
const COLUMNS = `${ADDRESS} AS id, v.name, v.state, v.error_code AS errorCode, v.duration_ticks AS durationTicks,
  v.width, v.height, v.bytes_stored AS bytesStored, v.created_at_ms AS createdAtMs,
  v.ended_at_ms AS endedAtMs, v.visibility, coalesce(n.plays, 0) AS plays, ${DETAILS_COLUMNS}, ${PICTURES_COLUMNS}, ${FILES_COLUMNS}`;
const TABLES = `videos AS v LEFT JOIN video_details AS d ON d.id = v.id
  LEFT JOIN video_pictures AS p ON p.id = v.id
  LEFT JOIN video_plays AS n ON n.id = v.id
  LEFT JOIN video_files AS f ON f.id = v.id
  LEFT JOIN video_addresses AS a ON a.video_id = v.id AND a.is_main = 1`;

/**
 * Converts a row, with the owner's details, to a `Video`.
 * @param row its `name` is the file's name
 */
function videoOf(row: Record<string, unknown>): Video {
  const details = storedDetailsSchema.parse(row);
  const shown = shownDetails(details, String(row["name"]));
  const pictures = shownPictures(String(row["id"]), storedPicturesOf(row));
  return videoSchema.parse({ ...row, ...shown, ...pictures, ...shownFiles(row) });
}

/**
 * A video as everybody except the owner and the operator sees it: without the count of plays, and with the title in
 * place of the file's name.
 */
export function withoutFileName({ plays: _, originalForAll, ...video }: Video): Video {
  const original = originalForAll === true ? video.original : null;
  return { ...video, original, name: video.title };
}

/**
 * Inserts or updates a video's row. An ended video does not go back to an earlier state. The visibility is copied from
 * the owner's row (`saveOwner`).
 */
export async function saveVideo(
  db: D1Database,
  video: Omit<
    Video,
    "visibility" | "plays" | keyof VideoFileRights | keyof Details | keyof Pictures
  >,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO videos (id, name, state, error_code, duration_ticks, width, height,
                           bytes_stored, created_at_ms, ended_at_ms, visibility)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
               coalesce((SELECT visibility FROM video_owners WHERE id = ?1), 'unlisted'))
       ON CONFLICT (id) DO UPDATE SET
         state = excluded.state, error_code = excluded.error_code,
         bytes_stored = excluded.bytes_stored, ended_at_ms = excluded.ended_at_ms
       WHERE videos.ended_at_ms IS NULL`,
    )
    .bind(
      video.id,
      video.name,
      video.state,
      video.errorCode,
      video.durationTicks,
      video.width,
      video.height,
      video.bytesStored,
      video.createdAtMs,
      video.endedAtMs,
    )
    .run();
}

/** Null where there is no row. */
export async function findVideo(db: D1Database, id: string): Promise<Video | null> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM ${TABLES} WHERE v.id = ?`).bind(id).first();
  return row === null ? null : videoOf(row);
}

/** Duration of a video in ticks; null where there is no row (yet). */
export function findVideoTicks(db: D1Database, id: string): Promise<number | null> {
  return db
    .prepare("SELECT duration_ticks FROM videos WHERE id = ?")
    .bind(id)
    .first<number>("duration_ticks");
}

/** The end state of a video's job, from its row; null where the job has not ended or there is no row. */
export async function findVideoEnd(
  db: D1Database,
  id: string,
): Promise<{ state: EndState; error: Reason | null } | null> {
  const video = await findVideo(db, id);
  if (video === null || !hasEnded(video.state)) return null;
  const { state, errorCode: code } = video;
  const error = isErrorCode(code) ? { code, message: "The job failed." } : null;
  return { state, error };
}

/**
 * Videos, the newest first.
 * @param options.after cursor of the page before (untrusted input); null for the first page
 * @param options.search text in the title or description, ignoring the case of ASCII letters; null for all videos
 * @param options.listedOnly whether `unlisted` and `private` videos are left out
 * @returns null for an invalid cursor
 */
export async function listVideos(
  db: D1Database,
  options: {
    after: string | null;
    state: string | null;
    limit: number;
    listedOnly: boolean;
    search?: string | null;
  },
): Promise<VideoPage | null> {
  const cursor = options.after === null ? { createdAtMs: 2 ** 52, id: "" } : parse(options.after);
  if (cursor === null) return null;
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM ${TABLES}
       WHERE ${options.listedOnly ? "v.visibility = 'listed' AND" : ""} (v.created_at_ms, ${ADDRESS}) < (?1, ?2) AND (?3 IS NULL OR v.state = ?3)
         AND (?5 IS NULL OR instr(lower(coalesce(d.title, v.name) || char(10) || coalesce(d.description, '')), lower(?5)) > 0)
       ORDER BY v.created_at_ms DESC, ${ADDRESS} DESC LIMIT ?4`,
    )
    .bind(
      cursor.createdAtMs,
      cursor.id,
      options.state,
      options.limit + 1,
      options.search?.trim() || null,
    )
    .all();
  const videos = results.slice(0, options.limit).map(videoOf);
  const last = videos.at(-1);
  const isMore = results.length > options.limit && last !== undefined;
  return { videos, cursor: isMore ? `${last.createdAtMs}-${last.id}` : null };
}

function parse(cursor: string): { createdAtMs: number; id: string } | null {
  const [, createdAtMs, id] = /^(\d{1,15})-([0-9a-z]{1,64})$/.exec(cursor) ?? [];
  return createdAtMs && id ? { createdAtMs: Number(createdAtMs), id } : null;
}
