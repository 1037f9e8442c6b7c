import { z } from "zod";
import type { TrimRequest } from "../job/trim.ts";

/** A video's title, description and the like: for its watch page, links, embeds and the catalogue. */

export const MOST_TITLE_CHARACTERS = 200;
export const MOST_DESCRIPTION_CHARACTERS = 5_000;
export const MOST_CHAPTERS = 200;

/** Control characters, and those that turn the direction of text that follows them. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** One line without unseen characters, which HTML, XML and JSON all take. */
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

/** BCP 47 in the form that registries recommend; refused where it is no tag. */
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
  /** Empty or null: the file's name without its ending. */
  title: titleSchema.nullable().optional(),
  description: z.string().max(MOST_DESCRIPTION_CHARACTERS).transform(lines).optional(),
  /** Spoken in it, as a BCP 47 tag; null: not said. */
  language: languageSchema.nullable().optional(),
  /** By start; the first need not start at 0. */
  chapters: chaptersSchema.optional(),
});
export type DetailsPatch = z.infer<typeof detailsPatchSchema>;

/**
 * Details of a source as those of a video that is a part of it: chapters count from the part's start, where the
 * one that has begun before goes on; those that are outside are left out.
 */
export function detailsOfPart(details: DetailsPatch, trim: TrimRequest | undefined): DetailsPatch {
  const { chapters } = details;
  if (chapters === undefined || trim === undefined) return details;
  const { startSeconds: from = 0, endSeconds: to = Number.POSITIVE_INFINITY } = trim;
  const shown = chapters.filter(({ startSeconds }, at) => {
    const next = chapters[at + 1]?.startSeconds ?? Number.POSITIVE_INFINITY;
    return startSeconds < to && next > from;
  });
  // Down to a millisecond, as times are written.
  const moved = (seconds: number) => Math.max(0, Math.round(1000 * (seconds - from)) / 1000);
  return {
    ...details,
    chapters: shown.map((each) => ({ ...each, startSeconds: moved(each.startSeconds) })),
  };
}

/** As everybody sees them who may see the video. */
export const detailsSchema = z.object({
  /** Never empty. */
  title: z.string(),
  /** Lines of plain text; "" for none. */
  description: z.string(),
  language: z.string().nullable(),
  chapters: z.array(z.object({ startSeconds: z.number(), title: z.string() })),
});
export type Details = z.infer<typeof detailsSchema>;

/** The title of a video that was given none. @param name of its file */
export function titleOfFile(name: string): string {
  const line = oneLine(name);
  return line.replace(/(?<=.)\.\w{1,5}$/, "").trim() || line || "Video";
}

/** @param title as it was given; "" and null for none */
export function shownTitle(title: string | null, fileName: string): string {
  return title || titleOfFile(fileName);
}
