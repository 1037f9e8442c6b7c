import { z } from "zod";
import {
  chapterSchema,
  type Details,
  type DetailsPatch,
  shownTitle,
} from "../../shared/wire/details.ts";
import { parseJson } from "../../shared/wire/json.ts";

/** A video's details as the catalogue stores them. They are written before the video's own row. */
export const storedDetailsSchema = z.object({
  /** Null: the title follows from the file's name. */
  title: z.string().nullable().default(null),
  description: z
    .string()
    .nullable()
    .transform((text) => text ?? ""),
  language: z.string().nullable(),
  chapters: z
    .string()
    .nullable()
    .transform((text) => z.array(chapterSchema).parse(parseJson(text ?? "[]"))),
});
export type StoredDetails = z.infer<typeof storedDetailsSchema>;

export const NO_DETAILS: StoredDetails = {
  title: null,
  description: "",
  language: null,
  chapters: [],
};

/** Columns of `video_details AS d`, for a LEFT JOIN. */
export const DETAILS_COLUMNS = "d.title, d.description, d.language, d.chapters";

/** Writes the fields of the patch. Other columns stay as they are. */
export async function saveDetails(
  db: D1Database,
  id: string,
  { title, description, language, chapters }: DetailsPatch,
): Promise<void> {
  const columns: Record<string, string | null | undefined> = {
    title: title === "" ? null : title,
    description,
    language,
    chapters: chapters === undefined ? undefined : JSON.stringify(chapters),
  };
  const set = Object.entries(columns).filter(([, value]) => value !== undefined);
  if (set.length === 0) return;
  const names = set.map(([name]) => name);
  await db.batch([
    // The two rows are read by one JOIN. A video from before there were owners has no owner row yet.
    db.prepare("INSERT OR IGNORE INTO video_owners (id, owner_token_hash) VALUES (?, '')").bind(id),
    db
      .prepare(
        `INSERT INTO video_details (id, ${names.join(", ")}) VALUES (?, ${names.map(() => "?").join(", ")})
         ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`,
      )
      .bind(id, ...set.map(([, value]) => value)),
  ]);
}

/**
 * The details as everybody sees them.
 * @param fileName name from which the title follows where none was given
 */
export function shownDetails(stored: StoredDetails, fileName: string): Details {
  return { ...stored, title: shownTitle(stored.title, fileName) };
}
