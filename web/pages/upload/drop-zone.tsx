import { useEffect, useRef } from "preact/hooks";
import { UploadIcon } from "../../ui/icons.tsx";
import { isDragging } from "./page-drop.tsx";
import { hasFilePicker, type PickedFile, pickFile, VIDEO_ENDINGS } from "./source-file.ts";

/**
 * Where a file goes: by button, or by a drop, which the whole page takes (`PageDrop`). The hidden input stays in the page for
 * browsers without `showOpenFilePicker`, and for whoever drives the page.
 */
export function DropZone({
  title,
  buttonLabel,
  hint,
  onIntent,
  onFile,
}: {
  title: string;
  buttonLabel: string;
  hint: string;
  /** A file is about to come: the button was pressed, or one is dragged over the page. */
  onIntent?(): void;
  onFile(picked: PickedFile): void;
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
      const picked = await pickFile();
      if (picked !== null) onFile(picked);
    } catch {
      // Blocked by a policy, or not allowed in this frame: the input may still work.
      input.current?.click();
    }
  };

  return (
    <div class={isOver ? "drop-zone is-over" : "drop-zone"}>
      <span class="drop-icon">
        <UploadIcon />
      </span>
      <p class="drop-title">{isOver ? "Let go to open it" : title}</p>
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
          if (file !== undefined) onFile({ file, handle: null });
          event.currentTarget.value = "";
        }}
      />
      <p class="hint">{hint}</p>
    </div>
  );
}
