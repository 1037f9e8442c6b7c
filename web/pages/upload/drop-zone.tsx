import { useEffect, useRef } from "preact/hooks";
import { UploadIcon } from "../../ui/icons.tsx";
import { t } from "../../words/words.ts";
import { isDragging } from "./page-drop.tsx";
import {
  ACCEPTED,
  hasFilePicker,
  hasFolderPicker,
  type PickedFile,
  pickFiles,
  pickFolder,
  recordVideo,
} from "./source-file.ts";

/**
 * The place for files: by a button, or by a drop, which the whole page takes (`PageDrop`). The hidden input stays in
 * the page for browsers without `showOpenFilePicker`, and for programs that drive the page.
 */
export function DropZone({
  title,
  buttonLabel,
  hint,
  several = false,
  mobile = false,
  onIntent,
  onFiles,
}: {
  title: string;
  buttonLabel: string;
  hint: string;
  /** Whether several files, and folders, may be chosen. */
  several?: boolean;
  /** Whether this is a phone or tablet, which has a camera, and no files to drop. */
  mobile?: boolean;
  /** Called when a file is about to come: the button was pressed, or a file is dragged over the page. */
  onIntent?(): void;
  /** Called with an empty array where a folder has no video. */
  onFiles(picked: PickedFile[]): void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const isOver = isDragging.value;
  useEffect(() => {
    if (isOver) onIntent?.();
  }, [isOver]);
  const choose = async () => {
    onIntent?.();
    if (!hasFilePicker()) {
      input.current?.click();
      return;
    }
    try {
      const picked = await pickFiles(several);
      if (picked.length > 0) onFiles(picked);
    } catch {
      // A policy or this frame may forbid the picker; the input may still work.
      input.current?.click();
    }
  };
  const give = async (asked: Promise<PickedFile[] | null>) => {
    onIntent?.();
    const picked = await asked.catch(() => null);
    if (picked !== null) onFiles(picked);
  };

  return (
    <div class={isOver ? "drop-zone is-over" : "drop-zone"}>
      <span class="drop-icon">
        <UploadIcon />
      </span>
      {!mobile && <p class="drop-title">{isOver ? t("upload.start.dropOver") : title}</p>}
      <div class="actions drop-actions">
        <button type="button" class="button button-primary button-large" onClick={choose}>
          {buttonLabel}
        </button>
        {several && mobile && (
          <button
            type="button"
            class="button button-large"
            onClick={() => void give(recordVideo())}
          >
            {t("upload.start.record")}
          </button>
        )}
        {several && !mobile && hasFolderPicker() && (
          <button type="button" class="button button-large" onClick={() => void give(pickFolder())}>
            {t("upload.start.folder")}
          </button>
        )}
      </div>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        tabIndex={-1}
        multiple={several}
        aria-label={buttonLabel}
        accept={ACCEPTED}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          if (files.length > 0) onFiles(files.map((file) => ({ file, handle: null })));
          event.currentTarget.value = "";
        }}
      />
      <p class="hint">{hint}</p>
    </div>
  );
}
