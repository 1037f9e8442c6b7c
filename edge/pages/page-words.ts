import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { parseAccept } from "hono/utils/accept";
import { formatMessage, type Values } from "../../shared/words/format-message.ts";
import {
  bestLanguage,
  directionOf,
  isLanguage,
  LANGUAGE_COOKIE,
  type Language,
} from "../../shared/words/language.ts";
import ar from "./words/ar.json";
import de from "./words/de.json";
import en from "./words/en.json";

type Key = keyof typeof en;
export type Say = (key: Key, values?: Values) => string;

const WORDS: Readonly<Record<Language, Record<Key, string>>> = { en, de, ar };

/** The words that the Worker itself writes into a page, in one language. */
export interface PageWords {
  language: Language;
  direction: "ltr" | "rtl";
  say: Say;
}

/** In the language that the person chose on a page, or the first of the browser's that is spoken here. */
export function pageWords(c: Context): PageWords {
  const chosen = getCookie(c, LANGUAGE_COOKIE) ?? "";
  const accepted = parseAccept(c.req.header("accept-language") ?? "").map(({ type }) => type);
  return wordsOf(isLanguage(chosen) ? chosen : bestLanguage(accepted));
}

export function wordsOf(language: Language): PageWords {
  const direction = directionOf(language);
  const say: Say = (key, values) =>
    String(formatMessage(WORDS[language][key], language, values, direction));
  return { language, direction, say };
}

/** A page's answer differs by these. */
export const VARIES = "accept-language, cookie";
