import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { filesOfTransfer, type Transferred } from "./transfer.ts";

/** Whether something is being dragged over the page. */
export const isDragging = signal(false);

/**
 * Takes files that are dropped or pasted anywhere on the page, whatever the page shows. Otherwise the browser would
 * open a dropped file in place of the page.
 */
export function PageDrop({ onGiven }: { onGiven(given: Transferred): void }) {
  // A layout effect, so that the listeners are there before the page is painted.
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
      // There is no related target only where the drag leaves the page.
      if (event.relatedTarget === null) isDragging.value = false;
    });
    on("drop", (event) => {
      event.preventDefault();
      isDragging.value = false;
      void filesOfTransfer(event.dataTransfer).then(onGiven);
    });
    on("paste", (event) => {
      void filesOfTransfer(event.clipboardData).then((given) => {
        // Text is for the field in which it is pasted.
        if (given.instead !== "text" && given.instead !== "nothing") onGiven(given);
      });
    });
    return () => ends.abort();
  });
  return null;
}
