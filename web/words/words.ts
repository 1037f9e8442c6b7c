import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { formatMessage, type Values } from "../../shared/words/format-message.ts";
import {
  bestLanguage,
  directionOf,
  isLanguage,
  LANGUAGE_COOKIE,
  type Language,
  localeOf,
} from "../../shared/words/language.ts";
import type { Key, WordFile } from "./keys.ts";

export type { Key } from "./keys.ts";

type Message = Parameters<typeof formatMessage>[0];
type Files = Partial<Record<WordFile, Readonly<Record<string, Message>>>>;

interface Spoken {
  language: Language;
  /** For `Intl`: the language with the person's region. */
  locale: string;
  files: Files;
}

/** Components that read it are rendered again when the language changes. */
const spoken = signal<Spoken>({ language: "en", locale: "en", files: {} });

/**
 * Loads a page's messages in the person's language, and that language alone. To be awaited before anything is
 * rendered.
 */
export async function loadWords(
  files: readonly WordFile[],
  language: Language = chosenLanguage(),
): Promise<void> {
  const loaded = await Promise.all(files.map(async (file) => [file, await load(language, file)]));
  const locale = localeOf(language, navigator.languages);
  spoken.value = { language, locale, files: Object.fromEntries(loaded) as Files };
  if (typeof document === "undefined") return;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
}

/** Loads what the page has loaded in another language, and remembers the choice in a cookie of one year. */
export async function switchLanguage(language: Language): Promise<void> {
  await loadWords(Object.keys(spoken.value.files) as WordFile[], language);
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is missing on plain http and in older browsers
    document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; max-age=31536000; samesite=lax`;
  } catch {
    // A frame without a place of its own: the choice lasts as long as the page.
  }
}

/** The text of a message; the key itself where its file is not loaded. */
export function t(key: Key, values?: Values): string {
  return String(say(key, values));
}

/** As `t`, for messages with tags: `values` has a function for each. */
export function rich(key: Key, values: Values<ComponentChild>): ComponentChild {
  return say(key, values) as ComponentChild;
}

export function currentLanguage(): Language {
  return spoken.value.language;
}

/** For `Intl`. */
export function currentLocale(): string {
  return spoken.value.locale;
}

function say<Element = never>(key: Key, values?: Values<Element>) {
  const { files, language, locale } = spoken.value;
  const dot = key.indexOf(".");
  const message = files[key.slice(0, dot) as WordFile]?.[key.slice(dot + 1)];
  if (message === undefined) return key;
  return formatMessage(message, locale, values, directionOf(language));
}

async function load(language: Language, file: WordFile): Promise<unknown> {
  const { default: messages } = await import(`./${language}/${file}.json`);
  return messages;
}

function chosenLanguage(): Language {
  return keptLanguage() ?? bestLanguage(navigator.languages);
}

function keptLanguage(): Language | null {
  try {
    const kept = new RegExp(`(?:^|; )${LANGUAGE_COOKIE}=([a-z]+)`).exec(document.cookie)?.[1];
    return kept !== undefined && isLanguage(kept) ? kept : null;
  } catch {
    return null;
  }
}
