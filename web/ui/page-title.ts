import { effect } from "@preact/signals";
import { type Key, t } from "../words/words.ts";

/** Sets the title of the page's tab, also after a change of language. */
export function pageTitle(key: Key): void {
  effect(() => {
    document.title = `${t(key)} · Tributary`;
  });
}
