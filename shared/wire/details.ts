import { z } from "zod";
import type { TrimRequest } from "../job/trim.ts";

/** A video's title, description, language and chapters, for its watch page, links, embeds and the catalogue. */

export const MOST_TITLE_CHARACTERS = 200;
export const MOST_DESCRIPTION_CHARACTERS = 5_000;
export const MOST_CHAPTERS = 200;

/** Control characters, line and paragraph separators, and characters that change the direction of text. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** The text as one line without invisible characters, valid in HTML, XML and JSON. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(UNSEEN, " ").replace(/ +/g, " ").trim();
}

/** As `oneLine`, for each of the lines. */
function lines(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map(oneLine)
    .join("\n")
    .trim();
}

const titleSchema = z.string().max(MOST_TITLE_CHARACTERS).transform(oneLine);

/** A BCP 47 tag, which is changed to its canonical form. Other text is refused. */
const languageSchema = z
  .string()
  .max(35)
  .transform((tag, context) => {
    try {
      return Intl.getCanonicalLocales(tag)[0] ?? tag;
    } catch {
      context.addIssue({ code: "custom", message: 'not a language tag such as "de" or "pt-BR"' });
      return z.NEVER;
    }
  });

export const chapterSchema = z.object({
  startSeconds: z.number().min(0).max(1_000_000),
  title: titleSchema.refine((title) => title !== "", "a chapter needs a title"),
});

export type Chapter = z.infer<typeof chapterSchema>;

const chaptersSchema = z
  .array(chapterSchema)
  .max(MOST_CHAPTERS)
  .refine(
    (chapters) =>
      chapters.every(
        (each, at) => at === 0 || each.startSeconds > (chapters[at - 1]?.startSeconds ?? 0),
      ),
    "each chapter starts after the one before",
  );

/** Details given when a job is created, or changed by `PATCH /api/videos/:id`; absent fields stay as they are. */
export const detailsPatchSchema = z.object({
  /** Empty or null: the file's name without its extension. */
  title: titleSchema.nullable().optional(),
  description: z.string().max(MOST_DESCRIPTION_CHARACTERS).transform(lines).optional(),
  /** The spoken language, as a BCP 47 tag; null: not stated. */
  language: languageSchema.nullable().optional(),
  /** Sorted by start. The first need not start at 0. */
  chapters: chaptersSchema.optional(),
});
export type DetailsPatch = z.infer<typeof detailsPatchSchema>;

/**
 * Converts a source's details to those of a video that shows a part of it. Chapters are counted from the part's start.
 * A chapter that began earlier and continues into the part starts at 0. Chapters outside the part are left out.
 */
export function detailsOfPart(details: DetailsPatch, trim: TrimRequest | undefined): DetailsPatch {
  const { chapters } = details;
  if (chapters === undefined || trim === undefined) return details;
  const { startSeconds: from = 0, endSeconds: to = Number.POSITIVE_INFINITY } = trim;
  const shown = chapters.filter(({ startSeconds }, at) => {
    const next = chapters[at + 1]?.startSeconds ?? Number.POSITIVE_INFINITY;
    return startSeconds < to && next > from;
  });
  // Rounded to milliseconds.
  const moved = (seconds: number) => Math.max(0, Math.round(1000 * (seconds - from)) / 1000);
  return {
    ...details,
    chapters: shown.map((each) => ({ ...each, startSeconds: moved(each.startSeconds) })),
  };
}

/** Details as everybody sees them who may watch the video. */
export const detailsSchema = z.object({
  /** Never empty. */
  title: z.string(),
  /** Lines of plain text; "" for none. */
  description: z.string(),
  language: z.string().nullable(),
  chapters: z.array(z.object({ startSeconds: z.number(), title: z.string() })),
});
export type Details = z.infer<typeof detailsSchema>;

/**
 * The title of a video without one of its own: the file's name without its extension.
 * @param name of the file
 */
export function titleOfFile(name: string): string {
  const line = oneLine(name);
  return line.replace(/(?<=.)\.\w{1,5}$/, "").trim() || line || "Video";
}

/** @param title the title that was given; "" or null for none */
export function shownTitle(title: string | null, fileName: string): string {
  return title || titleOfFile(fileName);
}
