import { log } from "../../shared/log.ts";

/** So that a video can be deleted long after its coordinator is gone. Hashes only. */
export async function saveOwner(db: D1Database, id: string, ownerTokenHash: string): Promise<void> {
  try {
    await db
      .prepare("INSERT OR IGNORE INTO video_owners (id, owner_token_hash) VALUES (?, ?)")
      .bind(id, ownerTokenHash)
      .run();
  } catch {
    // The job goes on: it is the deletion afterwards that will not be possible.
    log("catalog", { jobId: id, end: "owner-not-saved" });
  }
}

export function ownerTokenHashOf(db: D1Database, id: string): Promise<string | null> {
  return db
    .prepare("SELECT owner_token_hash FROM video_owners WHERE id = ?")
    .bind(id)
    .first<string>("owner_token_hash");
}

/** When the video's MP4 was last asked for; null if never. */
export function mp4RequestedAtMs(db: D1Database, id: string): Promise<number | null> {
  return db
    .prepare("SELECT mp4_requested_at_ms FROM video_owners WHERE id = ?")
    .bind(id)
    .first<number>("mp4_requested_at_ms");
}

export async function noteMp4Request(db: D1Database, id: string, nowMs: number): Promise<void> {
  await db
    .prepare(
      `INSERT INTO video_owners (id, owner_token_hash, mp4_requested_at_ms) VALUES (?1, '', ?2)
       ON CONFLICT (id) DO UPDATE SET mp4_requested_at_ms = ?2`,
    )
    .bind(id, nowMs)
    .run();
}

export async function deleteRows(db: D1Database, id: string): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM videos WHERE id = ?").bind(id),
    db.prepare("DELETE FROM video_owners WHERE id = ?").bind(id),
  ]);
}

export async function findVideoState(db: D1Database, id: string): Promise<string | null> {
  return db.prepare("SELECT state FROM videos WHERE id = ?").bind(id).first<string>("state");
}

export async function findVideoName(db: D1Database, id: string): Promise<string | null> {
  return db.prepare("SELECT name FROM videos WHERE id = ?").bind(id).first<string>("name");
}
