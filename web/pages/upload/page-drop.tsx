import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { filesOfTransfer, type Transferred } from "./transfer.ts";

/** Something is being dragged over the page. */
export const isDragging = signal(false);

/**
 * Takes files that are dropped or pasted anywhere on the page, whatever the page shows, so that no browser
 * opens them in place of the page.
 */
export function PageDrop({ onGiven }: { onGiven(given: Transferred): void }) {
  // Before the page is painted: a drop that comes with it is not lost to the browser.
  useLayoutEffect(() => {
    const ends = new AbortController();
    const on = <K extends "dragover" | "dragleave" | "drop" | "paste">(
      type: K,
      listener: (event: DocumentEventMap[K]) => void,
    ) => document.addEventListener(type, listener, { signal: ends.signal });

    on("dragover", (event) => {
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
      isDragging.value = true;
    });
    on("dragleave", (event) => {
      // Between elements of the page there is a related target; at its edge there is none.
      if (event.relatedTarget === null) isDragging.value = false;
    });
    on("drop", (event) => {
      event.preventDefault();
      isDragging.value = false;
      void filesOfTransfer(event.dataTransfer).then(onGiven);
    });
    on("paste", (event) => {
      void filesOfTransfer(event.clipboardData).then((given) => {
        // Text is pasted into fields.
        if (given.instead !== "text" && given.instead !== "nothing") onGiven(given);
      });
    });
    return () => ends.abort();
  });
  return null;
}
