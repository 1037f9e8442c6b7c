import { deletionsOf } from "./owners.ts";

/** Rows of addresses that lead to another video, and of videos that are made to replace another one. */

/** Id of the video that replaced the one at this address; null where none did. */
export function findSuccessor(db: D1Database, address: string): Promise<string | null> {
  return db
    .prepare("SELECT video_id FROM video_addresses WHERE address = ?")
    .bind(address)
    .first<string>("video_id");
}

/**
 * Notes that a new video is to replace another one. An earlier, unfinished replacement of the same video is dropped.
 */
export async function saveReplacement(db: D1Database, id: string, replaces: string): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM video_replacements WHERE replaces = ? AND is_done = 0").bind(replaces),
    db
      .prepare("INSERT OR IGNORE INTO video_replacements (id, replaces) VALUES (?, ?)")
      .bind(id, replaces),
  ]);
}

/** Drops the note that a video replaces another one. */
export async function deleteReplacement(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM video_replacements WHERE id = ?").bind(id).run();
}

/** The video that this one replaces, and whether the rows are moved already; null where it replaces none. */
export async function findReplacement(
  db: D1Database,
  id: string,
): Promise<{ replaces: string; isDone: boolean } | null> {
  const row = await db
    .prepare("SELECT replaces, is_done AS isDone FROM video_replacements WHERE id = ?")
    .bind(id)
    .first<{ replaces: string; isDone: number }>();
  return row && { replaces: row.replaces, isDone: row.isDone === 1 };
}

/** Id of the video that is being made to replace this one; null where there is none. */
export function findPending(db: D1Database, replaces: string): Promise<string | null> {
  return db
    .prepare("SELECT id FROM video_replacements WHERE replaces = ? AND is_done = 0")
    .bind(replaces)
    .first<string>("id");
}

/**
 * Moves the address of video `from`, and what people added to it, to video `to`, and deletes the rows of `from`. This
 * is one transaction. It does nothing where `from` has no row (any more).
 * @param title the old video's title, as everybody sees it
 */
export async function moveRows(
  db: D1Database,
  { from, to, title }: { from: string; to: string; title: string },
): Promise<void> {
  const run = (sql: string) => db.prepare(sql).bind(from, to);
  await db.batch([
    run("UPDATE video_addresses SET video_id = ?2 WHERE video_id = ?1"),
    run(
      `INSERT OR IGNORE INTO video_addresses (address, video_id, owner_token_hash, is_main)
       SELECT ?1, ?2, coalesce((SELECT owner_token_hash FROM video_owners WHERE id = ?1), ''),
         NOT EXISTS (SELECT 1 FROM video_addresses WHERE video_id = ?2 AND is_main = 1)
       FROM videos WHERE id = ?1`,
    ),
    db
      .prepare(
        `INSERT OR REPLACE INTO video_details (id, title, description, language, chapters)
         SELECT ?2, coalesce(d.title, ?3), coalesce(d.description, ''),
           coalesce(d.language, (SELECT language FROM video_details WHERE id = ?2)),
           coalesce(d.chapters, '[]')
         FROM videos AS v LEFT JOIN video_details AS d ON d.id = v.id WHERE v.id = ?1`,
      )
      .bind(from, to, title),
    run(
      `UPDATE video_owners SET (visibility, link_version, passphrase_hash) =
         (SELECT visibility, link_version, passphrase_hash FROM video_owners WHERE id = ?1)
       WHERE id = ?2 AND EXISTS (SELECT 1 FROM video_owners WHERE id = ?1)`,
    ),
    run(
      `UPDATE videos SET (created_at_ms, visibility) =
         (SELECT created_at_ms, visibility FROM videos WHERE id = ?1)
       WHERE id = ?2 AND EXISTS (SELECT 1 FROM videos WHERE id = ?1)`,
    ),
    run(
      `INSERT INTO video_plays (id, plays) SELECT ?2, plays FROM video_plays WHERE id = ?1
       ON CONFLICT (id) DO UPDATE SET plays = plays + excluded.plays`,
    ),
    run(
      `INSERT OR IGNORE INTO captions (video_id, id, language, name, is_default, is_forced, cues,
         source_track, created_at_ms, notices)
       SELECT ?2, id, language, name, is_default, is_forced, cues, NULL, created_at_ms, notices
       FROM captions WHERE video_id = ?1 AND source_track IS NULL`,
    ),
    run(
      `INSERT INTO video_pictures (id, poster_source, poster_width, poster_height, poster_saved_at_ms)
       SELECT ?2, poster_source, poster_width, poster_height, poster_saved_at_ms
       FROM video_pictures WHERE id = ?1 AND poster_source = 'file'
       ON CONFLICT (id) DO UPDATE SET poster_source = excluded.poster_source,
         poster_width = excluded.poster_width, poster_height = excluded.poster_height,
         poster_saved_at_ms = excluded.poster_saved_at_ms
       WHERE coalesce(video_pictures.poster_source, '') <> 'file'`,
    ),
    run(
      `INSERT INTO video_files (id, downloads, original_for_all)
       SELECT ?2, downloads, original_for_all FROM video_files WHERE id = ?1
       ON CONFLICT (id) DO UPDATE SET downloads = excluded.downloads,
         original_for_all = excluded.original_for_all`,
    ),
    run("UPDATE reports SET video_id = ?2 WHERE video_id = ?1"),
    run("UPDATE video_replacements SET is_done = 1 WHERE id = ?2 AND ?1 <> ?2"),
    ...deletionsOf(db, from),
  ]);
}
