/**
 * Code that all stages share. A stage runs in a page: it shows views of one page of the app with that page's own
 * style sheets, and records their calls. It is not part of the built app, which does not import it.
 */

import type { Language } from "../../../shared/words/language.ts";
import { WORD_FILES } from "../../../web/words/keys.ts";
import { loadWords } from "../../../web/words/words.ts";

await loadWords(WORD_FILES, "en");

/** Switches the views to another language. */
export function speak(language: Language): Promise<void> {
  return loadWords(WORD_FILES, language);
}

/** Calls of the views to the code behind them, oldest first. */
export const calls: { name: string; argument: unknown }[] = [];

/** An action for views, which records its calls under a name. */
export function noted(name: string) {
  return async (argument?: unknown) => {
    calls.push({ name, argument });
  };
}

/** The element that views are rendered into. It is made on the first call. */
export function root(): HTMLElement {
  let element = document.getElementById("page");
  if (element === null) {
    element = document.createElement("div");
    element.id = "page";
    document.body.append(element);
    document.documentElement.lang = "en";
    document.title = "Tributary";
  }
  return element;
}
