import { parseTimeText, timeText } from "../../shared/time-text.ts";
import {
  type Chapter,
  MOST_CHAPTERS,
  MOST_TITLE_CHARACTERS,
  oneLine,
} from "../../shared/wire/details.ts";
import { t } from "../words/words.ts";

/** Chapters as text with a line for each, such as "1:30 First part". */

export function textOfChapters(chapters: readonly Chapter[]): string {
  return chapters.map(({ startSeconds, title }) => `${timeText(startSeconds)} ${title}`).join("\n");
}

/**
 * Parses the text of chapters; empty lines are ignored.
 * @returns the chapters, or a sentence that says what is wrong with a line
 */
export function chaptersOfText(text: string): Chapter[] | string {
  const chapters: Chapter[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, time = "", rest = ""] = /^\s*(\S+)\s*(.*)$/.exec(line) ?? [];
    const startSeconds = parseTimeText(time);
    const title = oneLine(rest);
    const last = chapters.at(-1);
    if (startSeconds === null) return t("ui.lineDoesNotBeginWith", { at: at + 1 });
    if (title === "") return t("ui.lineHasNoTitleBehind", { at: at + 1 });
    if (title.length > MOST_TITLE_CHARACTERS) return t("ui.lineIsTooLong", { at: at + 1 });
    if (last !== undefined && startSeconds <= last.startSeconds) {
      return t("ui.lineBeginsNoLaterThan", { at: at + 1 });
    }
    chapters.push({ startSeconds, title });
  }
  return chapters.length > MOST_CHAPTERS
    ? t("ui.thereAreMoreThanChapters", { most: MOST_CHAPTERS })
    : chapters;
}
