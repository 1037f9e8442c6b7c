import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import { loadOfferedFrames, OwnPictureButton } from "../../pictures/own-picture.tsx";
import { InlineError } from "../../ui/error-view.tsx";
import { t } from "../../words/words.ts";

/** Choice of the picture that is shown while a file without video plays. Empty for other files. */
export function SoundPicture({
  inspection,
  disabled,
  onPicture,
}: {
  inspection: Inspection;
  disabled: boolean;
  /**
   * @param picture null: the cover in the file, or a card
   * @returns whether the picture was taken
   */
  onPicture(picture: Blob | null): Promise<boolean>;
}) {
  const url = useSignal<string | null>(null);
  const error = useSignal<WireError | null>(null);
  const isBusy = useSignal(false);
  const show = (picture: Blob | null) => {
    if (url.peek() !== null) URL.revokeObjectURL(url.peek() ?? "");
    url.value = picture && URL.createObjectURL(picture);
  };
  useEffect(() => () => show(null), []);
  if (!inspection.source.notices.some(({ code }) => code === "PICTURE_ADDED")) return null;
  const use = async (file: File | null) => {
    isBusy.value = true;
    error.value = null;
    try {
      const picture = file && (await (await loadOfferedFrames()).pictureOfFile(file));
      if (await onPicture(picture)) show(picture);
    } catch (thrown) {
      error.value = toWireError(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  const isOff = disabled || isBusy.value;
  return (
    <div class="sound-picture">
      {url.value !== null && <img src={url.value} alt={t("upload.soundPicture.chosen")} />}
      <div class="actions">
        <OwnPictureButton disabled={isOff} onFile={(file) => void use(file)} />
        {url.value !== null && (
          <button type="button" class="button" disabled={isOff} onClick={() => void use(null)}>
            {t("upload.soundPicture.remove")}
          </button>
        )}
      </div>
      <p class="hint" role="status">
        {url.value === null ? t("upload.soundPicture.hint") : t("upload.soundPicture.chosen")}
      </p>
      {error.value !== null && <InlineError error={error.value} />}
    </div>
  );
}
