import { z } from "zod";
import { parseJson } from "../../shared/wire/json.ts";
import {
  type CatalogueBackup,
  type NewReport,
  type Overview,
  type Report,
  reportsSchema,
  type SiteRules,
  siteRulesSchema,
} from "../../shared/wire/operator.ts";

import { originalBytes } from "./video-files.ts";

/** Rows for the operator: rules, reports, counts, and backups of all rows. */

/** The most reports that are kept for a video. More would say nothing new. */
const MOST_REPORTS_A_VIDEO = 20;
/** The most reports that are listed. */
const SHOWN_REPORTS = 200;
/** All tables with data that cannot be made again. */
const TABLES = [
  "videos",
  "video_owners",
  "video_details",
  "captions",
  "video_pictures",
  "video_plays",
  "video_files",
  "video_addresses",
  "video_replacements",
  "site_rules",
] as const;
const ROWS_AT_ONCE = 50;

export async function findRules(db: D1Database): Promise<SiteRules> {
  const text = await db.prepare("SELECT rules FROM site_rules").first<string>("rules");
  return siteRulesSchema.parse(parseJson(text ?? "{}"));
}

export async function saveRules(db: D1Database, rules: SiteRules): Promise<void> {
  await db
    .prepare(
      `INSERT INTO site_rules (id, rules) VALUES (1, ?)
       ON CONFLICT (id) DO UPDATE SET rules = excluded.rules`,
    )
    .bind(JSON.stringify(rules))
    .run();
}

/** Number of videos, including those that are being made. */
export function countVideos(db: D1Database): Promise<number | null> {
  return db.prepare("SELECT count(*) AS n FROM videos").first<number>("n");
}

export async function overviewOf(db: D1Database): Promise<Overview> {
  const { results } = await db
    .prepare("SELECT state, count(*) AS n, sum(bytes_stored) AS bytes FROM videos GROUP BY state")
    .all();
  const rows = results.map((row) =>
    z.object({ state: z.string(), n: z.int(), bytes: z.number() }).parse(row),
  );
  const reports = await db.prepare("SELECT count(*) AS n FROM reports").first<number>("n");
  return {
    videos: Object.fromEntries(rows.map(({ state, n }) => [state, n])),
    bytesStored: rows.reduce((sum, { bytes }) => sum + bytes, await originalBytes(db)),
    reports: reports ?? 0,
    rules: await findRules(db),
  };
}

/** Adds a report, unless the video has the largest number of them. */
export async function addReport(
  db: D1Database,
  videoId: string,
  { reason, text = "" }: NewReport,
  nowMs: number,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO reports (video_id, reason, text, created_at_ms) SELECT ?1, ?2, ?3, ?4
       WHERE (SELECT count(*) FROM reports WHERE video_id = ?1) < ?5`,
    )
    .bind(videoId, reason, text, nowMs, MOST_REPORTS_A_VIDEO)
    .run();
}

export async function listReports(db: D1Database): Promise<Report[]> {
  const { results } = await db
    .prepare(
      `SELECT r.id, r.video_id AS videoId, coalesce(d.title, v.name) AS title, r.reason, r.text,
         r.created_at_ms AS createdAtMs
       FROM reports AS r LEFT JOIN videos AS v ON v.id = r.video_id
         LEFT JOIN video_details AS d ON d.id = r.video_id
       ORDER BY r.id LIMIT ?`,
    )
    .bind(SHOWN_REPORTS)
    .all();
  return reportsSchema.parse({ reports: results }).reports;
}

/** @returns false where there is no such report */
export async function deleteReport(db: D1Database, id: number): Promise<boolean> {
  const { meta } = await db.prepare("DELETE FROM reports WHERE id = ?").bind(id).run();
  return meta.changes > 0;
}

/** Counts a play, if the video exists. */
export async function countPlay(db: D1Database, id: string): Promise<void> {
  await db
    .prepare(
      `INSERT INTO video_plays (id, plays) SELECT ?1, 1 WHERE EXISTS (SELECT 1 FROM videos WHERE id = ?1)
       ON CONFLICT (id) DO UPDATE SET plays = plays + 1`,
    )
    .bind(id)
    .run();
}

/** Ids of ended videos that were created before a time, the oldest first. */
export async function videosBefore(
  db: D1Database,
  createdBeforeMs: number,
  limit: number,
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT id FROM videos WHERE created_at_ms < ? AND ended_at_ms IS NOT NULL
       ORDER BY created_at_ms LIMIT ?`,
    )
    .bind(createdBeforeMs, limit)
    .all();
  return results.map(({ id }) => String(id));
}

/** All rows of the catalogue that cannot be made again. */
export async function backupOf(db: D1Database): Promise<CatalogueBackup> {
  const tables: CatalogueBackup["tables"] = {};
  for (const table of TABLES) {
    const { results } = await db.prepare(`SELECT * FROM ${table}`).all<Record<string, string>>();
    tables[table] = results;
  }
  return { schemaVersion: 1, tables };
}

/**
 * Adds the rows of a backup that are missing.
 * @returns the number of rows that were added
 */
export async function restore(db: D1Database, { tables }: CatalogueBackup): Promise<number> {
  let added = 0;
  for (const table of TABLES) {
    const rows = (tables[table] ?? []).filter((row) => Object.keys(row).length > 0);
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const statements = rows.slice(from, from + ROWS_AT_ONCE).map((row) => {
        const names = Object.keys(row);
        const values = names.map(() => "?").join(", ");
        return db
          .prepare(`INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${values})`)
          .bind(...Object.values(row));
      });
      const results = await db.batch(statements);
      added += results.reduce((sum, { meta }) => sum + meta.changes, 0);
    }
  }
  return added;
}
