import { scriptNotLoaded } from "../../shared/job/errors.ts";
import { t } from "../words/words.ts";

/** A button to choose a picture file of the person's own. */
export function OwnPictureButton({
  disabled,
  onFile,
}: {
  disabled: boolean;
  onFile(file: File): void;
}) {
  return (
    <label class={disabled ? "button file-button is-disabled" : "button file-button"}>
      {t("pictures.useAPictureOfYour")}
      <input
        class="visually-hidden"
        type="file"
        accept="image/*"
        disabled={disabled}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // Cleared, so that the same file can be chosen again.
          event.currentTarget.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
    </label>
  );
}

/** @throws TributaryError SCRIPT_NOT_LOADED */
export function loadOfferedFrames(): Promise<typeof import("./offered-frames.ts")> {
  return import("./offered-frames.ts").catch((cause: unknown) => {
    throw scriptNotLoaded(cause);
  });
}
