import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { UploadIcon, WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import {
  fileOfTransfer,
  hasFilePicker,
  type NotAFile,
  type PickedFile,
  pickFile,
  VIDEO_ENDINGS,
} from "./source-file.ts";

const NOT_A_FILE: Readonly<Record<NotAFile, string>> = {
  nothing: "There was no file in that.",
  folder: "That is a folder. Choose one video file.",
  text: "That is not a file. Choose a video file from this device.",
};

/**
 * One file by button, drop anywhere on the page, or paste. The hidden input stays in the page for
 * browsers without `showOpenFilePicker`, and for whoever drives the page.
 */
export function DropZone({
  title,
  buttonLabel,
  hint,
  onFile,
}: {
  title: string;
  buttonLabel: string;
  hint: string;
  onFile(picked: PickedFile): void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const dragging = useSignal(false);
  const refusal = useSignal<string | null>(null);

  const give = (given: PickedFile | NotAFile | null) => {
    refusal.value = typeof given === "string" ? NOT_A_FILE[given] : null;
    if (given !== null && typeof given !== "string") onFile(given);
  };
  const choose = async () => {
    if (!hasFilePicker()) {
      input.current?.click();
      return;
    }
    try {
      give(await pickFile());
    } catch {
      // Blocked by a policy, or not allowed in this frame: the input may still work.
      input.current?.click();
    }
  };

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
      dragging.value = true;
    });
    on("dragleave", (event) => {
      // Between elements of the page there is a related target; at its edge there is none.
      if (event.relatedTarget === null) dragging.value = false;
    });
    on("drop", (event) => {
      event.preventDefault();
      dragging.value = false;
      void fileOfTransfer(event.dataTransfer).then(give);
    });
    on("paste", (event) => {
      void fileOfTransfer(event.clipboardData).then((given) => {
        if (given !== "text" && given !== "nothing") give(given);
      });
    });
    return () => ends.abort();
  });

  return (
    <div class={dragging.value ? "drop-zone is-over" : "drop-zone"}>
      <span class="drop-icon">
        <UploadIcon />
      </span>
      <p class="drop-title">{dragging.value ? "Let go to open it" : title}</p>
      <button type="button" class="button button-primary" onClick={choose}>
        {buttonLabel}
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label={buttonLabel}
        accept={["video/*", ...VIDEO_ENDINGS].join(",")}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) give({ file, handle: null });
          event.currentTarget.value = "";
        }}
      />
      <p class="hint">{hint}</p>
      <div role="alert">
        {refusal.value !== null && (
          <Note kind="warn" icon={<WarningIcon />}>
            {refusal.value}
          </Note>
        )}
      </div>
    </div>
  );
}
