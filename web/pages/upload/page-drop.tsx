import { signal, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { fileOfTransfer, type NotAFile, type PickedFile, type Transferred } from "./source-file.ts";

const NOT_A_FILE: Readonly<Record<NotAFile, string>> = {
  nothing: "There was no file in that.",
  folder: "That is a folder. Choose one video file.",
  text: "That is not a file. Choose a video file from this device.",
};

/** Something is being dragged over the page. */
export const isDragging = signal(false);

/**
 * Takes a file that is dropped or pasted anywhere on the page, whatever the page shows, so that no browser
 * opens it in place of the page. What is not taken is said.
 */
export function PageDrop({
  isBusy,
  onFile,
}: {
  /** A video is being made: another one has to wait. */
  isBusy: boolean;
  onFile(picked: PickedFile): void;
}) {
  const notice = useSignal<string | null>(null);

  // Before the page is painted: a drop that comes with it is not lost to the browser.
  useLayoutEffect(() => {
    const ends = new AbortController();
    const on = <K extends "dragover" | "dragleave" | "drop" | "paste">(
      type: K,
      listener: (event: DocumentEventMap[K]) => void,
    ) => document.addEventListener(type, listener, { signal: ends.signal });
    const give = ({ given, leftOut }: Transferred) => {
      notice.value = noticeOf({ given, leftOut }, isBusy);
      if (typeof given !== "string" && !isBusy) onFile(given);
    };

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
      void fileOfTransfer(event.dataTransfer).then(give);
    });
    on("paste", (event) => {
      void fileOfTransfer(event.clipboardData).then((transferred) => {
        // Text is pasted into fields.
        if (!["text", "nothing"].includes(transferred.given as string)) give(transferred);
      });
    });
    return () => ends.abort();
  });

  return (
    <div role="alert">
      {notice.value !== null && (
        <Note kind="warn" icon={<WarningIcon />}>
          {notice.value}
        </Note>
      )}
    </div>
  );
}

/** What was not taken, and why; null where all was. */
function noticeOf({ given, leftOut }: Transferred, isBusy: boolean): string | null {
  if (typeof given === "string") return NOT_A_FILE[given];
  const { name } = given.file;
  const others = new Intl.ListFormat("en").format(leftOut);
  if (isBusy) {
    const all = new Intl.ListFormat("en").format([name, ...leftOut]);
    return `One video at a time: ${all} was not taken. Drop it again when this video is done.`;
  }
  return leftOut.length === 0
    ? null
    : `One video at a time: ${name} was taken, and not ${others}. Drop the next one when it is done.`;
}
