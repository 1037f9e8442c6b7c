/** Languages of the pages, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

/** The cookie that keeps a person's choice, for scripts and for the Worker. */
export const LANGUAGE_COOKIE = "language";

export function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return ["ar", "fa", "he", "ur"].includes(language) ? "rtl" : "ltr";
}

/** @param wanted BCP 47 tags, the most wanted first; English where none is spoken here */
export function bestLanguage(wanted: readonly string[]): Language {
  return wanted.map(primaryOf).find(isLanguage) ?? "en";
}

/**
 * The tag by which `Intl` writes numbers and dates: with the region where the person has named one, so that a date
 * in Britain is not written as in the USA.
 */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => primaryOf(tag) === language) ?? language;
}

function primaryOf(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? "";
}
