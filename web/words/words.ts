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

/** Settles when no messages are on their way: those that come later are in the language of then. */
let loading: Promise<unknown> = Promise.resolve();

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
  const locale = localeOf(language, navigator.languages);
  spoken.value = { language, locale, files: await loadFiles(files, language) };
  if (typeof document === "undefined") return;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
}

/** Loads further messages, in the language that the page has then. */
export function loadMoreWords(files: readonly WordFile[]): Promise<void> {
  return inTurn(async () => {
    const loaded = await loadFiles(files, spoken.peek().language);
    spoken.value = { ...spoken.peek(), files: { ...spoken.peek().files, ...loaded } };
  });
}

/** Loads what the page has loaded in another language, and remembers the choice in a cookie of one year. */
export async function switchLanguage(language: Language): Promise<void> {
  await inTurn(() => loadWords(Object.keys(spoken.peek().files) as WordFile[], language));
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

function inTurn(load: () => Promise<void>): Promise<void> {
  const loaded = loading.then(load);
  loading = loaded.catch(() => {});
  return loaded;
}

async function loadFiles(files: readonly WordFile[], language: Language): Promise<Files> {
  const loaded = await Promise.all(files.map(async (file) => [file, await load(language, file)]));
  return Object.fromEntries(loaded) as Files;
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
