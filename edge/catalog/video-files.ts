import { z } from "zod";
import type { VideoFileRights } from "../../shared/wire/api.ts";

/** The catalogue's rows about files of a video: what viewers may download, and the original that the owner kept. */

/** Columns of `video_files AS f`, for a LEFT JOIN. */
export const FILES_COLUMNS = `f.downloads, f.original_for_all AS originalForAll, f.original_bytes AS originalBytes`;

const flag = z
  .int()
  .nullable()
  .transform((value) => value === 1);
const storedSchema = z.object({
  downloads: flag,
  originalForAll: flag,
  originalBytes: z.int().nullable(),
});

/**
 * The fields of a video's JSON.
 * @param row with FILES_COLUMNS
 */
export function shownFiles(row: Record<string, unknown>): VideoFileRights {
  const { downloads, originalForAll, originalBytes } = storedSchema.parse(row);
  const original = originalBytes === null ? null : { sizeBytes: originalBytes };
  return { downloads, originalForAll, original };
}

/** Writes the fields that are not undefined. Other columns stay as they are. */
export async function saveFileRights(
  db: D1Database,
  id: string,
  { downloads, originalForAll }: { [K in "downloads" | "originalForAll"]: boolean | undefined },
): Promise<void> {
  const columns = { downloads, original_for_all: originalForAll };
  for (const [name, value] of Object.entries(columns)) {
    if (value === undefined) continue;
    await db
      .prepare(
        `INSERT INTO video_files (id, ${name}) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET ${name} = excluded.${name}`,
      )
      .bind(id, value ? 1 : 0)
      .run();
  }
}

/** @param original null: the original was deleted */
export async function saveOriginal(
  db: D1Database,
  id: string,
  original: { name: string; sizeBytes: number } | null,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO video_files (id, original_name, original_bytes) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET original_name = excluded.original_name,
         original_bytes = excluded.original_bytes`,
    )
    .bind(id, original?.name ?? null, original?.sizeBytes ?? null)
    .run();
}

/** Null where there is none. */
export async function findOriginal(
  db: D1Database,
  id: string,
): Promise<{ name: string; forAll: boolean } | null> {
  const row = await db
    .prepare(
      "SELECT original_name AS name, original_for_all AS forAll FROM video_files WHERE id = ? AND original_bytes IS NOT NULL",
    )
    .bind(id)
    .first<{ name: string; forAll: number }>();
  return row && { name: row.name, forAll: row.forAll === 1 };
}

/** Bytes of all originals. */
export async function originalBytes(db: D1Database): Promise<number> {
  const sum = await db
    .prepare("SELECT sum(original_bytes) AS bytes FROM video_files")
    .first<number>("bytes");
  return sum ?? 0;
}
