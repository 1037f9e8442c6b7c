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

/** The texts that the Worker writes into pages, in one language. */
export interface PageWords {
  language: Language;
  direction: "ltr" | "rtl";
  say: Say;
}

/** The texts in the language that the person chose on a page, or in the browser's first language that the site has. */
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

/** Value of Vary: the request headers on which a page's answer depends. */
export const VARIES = "accept-language, cookie";
