import { effect } from "@preact/signals";
import { type Key, t } from "../words/words.ts";

/** Names the page in its tab, also after a change of language. */
export function pageTitle(key: Key): void {
  effect(() => {
    document.title = `${t(key)} · Tributary`;
  });
}
