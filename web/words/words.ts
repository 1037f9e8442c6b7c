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
  /** Locale for `Intl`: the language with the person's region. */
  locale: string;
  files: Files;
}

/** Settles when no messages are being loaded, so that later loads use the language of that time. */
let loading: Promise<unknown> = Promise.resolve();

/** Language and messages of the page; components that read them are rendered again after a change. */
const spoken = signal<Spoken>({ language: "en", locale: "en", files: {} });

/**
 * Loads a page's messages, only in the person's language. Must be awaited before anything is rendered.
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

/** Loads further messages in the page's present language. */
export function loadMoreWords(files: readonly WordFile[]): Promise<void> {
  return inTurn(async () => {
    const loaded = await loadFiles(files, spoken.peek().language);
    spoken.value = { ...spoken.peek(), files: { ...spoken.peek().files, ...loaded } };
  });
}

/** Loads the page's message files in another language, and stores the choice in a cookie for one year. */
export async function switchLanguage(language: Language): Promise<void> {
  await inTurn(() => loadWords(Object.keys(spoken.peek().files) as WordFile[], language));
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is missing on plain http and in older browsers
    document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; max-age=31536000; samesite=lax`;
  } catch {
    // A sandboxed frame has no cookies; there the choice lasts as long as the page.
  }
}

/** The text of a message; the key where its file is not loaded. */
export function t(key: Key, values?: Values): string {
  return String(say(key, values));
}

/** Like `t`, for messages with tags: `values` has a function for each tag. */
export function rich(key: Key, values: Values<ComponentChild>): ComponentChild {
  return say(key, values) as ComponentChild;
}

export function currentLanguage(): Language {
  return spoken.value.language;
}

/** The page's locale for `Intl`. */
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
