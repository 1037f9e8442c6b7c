import { z } from "zod";
import { log } from "../../shared/log.ts";
import { visibilitySchema } from "../../shared/wire/api.ts";
import { parseJson } from "../../shared/wire/json.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { DETAILS_COLUMNS, storedDetailsSchema } from "./details.ts";
import { PICTURES_COLUMNS, type StoredPictures, storedPicturesOf } from "./pictures.ts";

/** The rows with a video's owner and visibility. */

/**
 * Saves the hash of the owner's token, so that the owner can delete the video long after its coordinator is gone.
 * @throws Error where the row of a private video cannot be written, without which everybody could see the video
 */
export async function saveOwner(
  db: D1Database,
  id: string,
  ownerTokenHash: string,
  visibility: Visibility,
): Promise<void> {
  try {
    await db.batch([
      db
        .prepare(
          "INSERT OR IGNORE INTO video_owners (id, owner_token_hash, visibility) VALUES (?, ?, ?)",
        )
        .bind(id, ownerTokenHash, visibility),
      // The video's own row may exist already.
      db
        .prepare(
          `UPDATE videos SET visibility = (SELECT visibility FROM video_owners WHERE id = ?1)
           WHERE id = ?1`,
        )
        .bind(id),
    ]);
  } catch (thrown) {
    log("catalog", { jobId: id, end: "owner-not-saved" });
    if (visibility === "private") throw thrown;
    // The job continues, but its owner will not be able to delete the video.
  }
}

const addressesSchema = z.array(
  z.object({ address: z.string(), ownerTokenHash: z.string(), isMain: z.int() }),
);

const ownershipSchema = z.object({
  /** "" where the video has no owner. */
  ownerTokenHash: z.string(),
  visibility: visibilitySchema,
  /** Signed links with another version are no longer valid. */
  linkVersion: z.int(),
  /** Null: the video has no passphrase. */
  passphraseHash: z.string().nullable(),
  /** Addresses of the videos that this one replaced; empty for most. */
  addresses: z.string().transform((text) => addressesSchema.parse(parseJson(text))),
  details: storedDetailsSchema,
});
export type Ownership = z.infer<typeof ownershipSchema> & { pictures: StoredPictures };

/** Null for a video without a row: an unknown one, or one from before there were owners. */
export async function findOwnership(db: D1Database, id: string): Promise<Ownership | null> {
  const row = await db
    .prepare(
      `SELECT o.owner_token_hash AS ownerTokenHash, o.visibility, o.link_version AS linkVersion,
         o.passphrase_hash AS passphraseHash,
         (SELECT json_group_array(json_object('address', a.address, 'ownerTokenHash', a.owner_token_hash,
            'isMain', a.is_main)) FROM video_addresses AS a WHERE a.video_id = o.id) AS addresses,
         ${DETAILS_COLUMNS}, ${PICTURES_COLUMNS}
       FROM video_owners AS o LEFT JOIN video_details AS d ON d.id = o.id
         LEFT JOIN video_pictures AS p ON p.id = o.id WHERE o.id = ?`,
    )
    .bind(id)
    .first();
  if (row === null) return null;
  return { ...ownershipSchema.parse({ ...row, details: row }), pictures: storedPicturesOf(row) };
}

/** The id under which pages, feeds and links name a video. */
export function mainAddress(id: string, { addresses }: Pick<Ownership, "addresses">): string {
  return addresses.find(({ isMain }) => isMain === 1)?.address ?? id;
}

/** Sets a video's visibility, also in its copy for the list. */
export async function saveVisibility(
  db: D1Database,
  id: string,
  visibility: Visibility,
): Promise<void> {
  await db.batch([
    db
      .prepare(
        `INSERT INTO video_owners (id, owner_token_hash, visibility) VALUES (?1, '', ?2)
         ON CONFLICT (id) DO UPDATE SET visibility = ?2`,
      )
      .bind(id, visibility),
    db.prepare("UPDATE videos SET visibility = ?2 WHERE id = ?1").bind(id, visibility),
  ]);
}

/** Ends all signed links to a video. */
export async function withdrawLinks(db: D1Database, id: string): Promise<void> {
  await db
    .prepare("UPDATE video_owners SET link_version = link_version + 1 WHERE id = ?")
    .bind(id)
    .run();
}

/** @param hash null for no passphrase. All signed links end, including those that the former passphrase gave out. */
export async function savePassphrase(
  db: D1Database,
  id: string,
  hash: string | null,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO video_owners (id, owner_token_hash, passphrase_hash) VALUES (?1, '', ?2)
       ON CONFLICT (id) DO UPDATE SET passphrase_hash = ?2, link_version = link_version + 1`,
    )
    .bind(id, hash)
    .run();
}

/** When the video's MP4 was last requested; null if never. */
export function mp4RequestedAtMs(db: D1Database, id: string): Promise<number | null> {
  return db
    .prepare("SELECT mp4_requested_at_ms FROM video_owners WHERE id = ?")
    .bind(id)
    .first<number>("mp4_requested_at_ms");
}

/** Notes that the MP4 was requested. A later step sees by this row whether the video was deleted in the meantime. */
export async function noteMp4Request(db: D1Database, id: string, nowMs: number): Promise<void> {
  await db
    .prepare(
      `INSERT INTO video_owners (id, owner_token_hash, mp4_requested_at_ms) VALUES (?1, '', ?2)
       ON CONFLICT (id) DO UPDATE SET mp4_requested_at_ms = ?2`,
    )
    .bind(id, nowMs)
    .run();
}

/** Removes all rows of a video. */
export async function deleteRows(db: D1Database, id: string): Promise<void> {
  await db.batch(deletionsOf(db, id));
}

/** Statements that remove all rows of a video. */
export function deletionsOf(db: D1Database, id: string): D1PreparedStatement[] {
  return [
    db.prepare("DELETE FROM video_owners WHERE id = ?").bind(id),
    ...deletionsButOwner(db, id),
  ];
}

function deletionsButOwner(db: D1Database, id: string): D1PreparedStatement[] {
  return [
    db.prepare("DELETE FROM videos WHERE id = ?").bind(id),
    db.prepare("DELETE FROM video_details WHERE id = ?").bind(id),
    db.prepare("DELETE FROM captions WHERE video_id = ?").bind(id),
    db.prepare("DELETE FROM video_pictures WHERE id = ?").bind(id),
    db.prepare("DELETE FROM video_plays WHERE id = ?").bind(id),
    db.prepare("DELETE FROM video_files WHERE id = ?").bind(id),
    db.prepare("DELETE FROM video_addresses WHERE video_id = ?").bind(id),
    db.prepare("DELETE FROM video_replacements WHERE id = ?").bind(id),
  ];
}

/**
 * Removes a cancelled job's video from the catalogue. The owner row of a private video stays until `deleteRows`, so
 * that the job stays private as long as its coordinator reports it.
 */
export async function deleteCancelledRows(db: D1Database, id: string): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM video_owners WHERE id = ? AND visibility <> 'private'").bind(id),
    ...deletionsButOwner(db, id),
  ]);
}

/** The state in a video's row; null where there is no row (yet). */
export async function findVideoState(db: D1Database, id: string): Promise<string | null> {
  return db.prepare("SELECT state FROM videos WHERE id = ?").bind(id).first<string>("state");
}
