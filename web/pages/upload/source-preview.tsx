import { useSignal } from "@preact/signals";
import type { Ref } from "preact";
import { useEffect } from "preact/hooks";
import { FilmIcon } from "../../ui/icons.tsx";
import { t } from "../../words/words.ts";
import { thumbnailOf } from "./thumbnail.ts";

/** Plays the picked file where the browser can. Nothing of the file is sent anywhere. */
export function SourcePreview({
  file,
  aspect,
  video,
}: {
  file: File | null;
  aspect: number;
  /** Set to the video element while there is one. */
  video: Ref<HTMLVideoElement>;
}) {
  const url = useSignal<string | null>(null);
  const poster = useSignal<string | null>(null);
  const isRefused = useSignal(false);
  useEffect(() => {
    isRefused.value = false;
    poster.value = null;
    if (file === null) return;
    let isStill = true;
    void thumbnailOf(file).then((made) => {
      if (isStill) poster.value = made;
    });
    const address = URL.createObjectURL(file);
    url.value = address;
    return () => {
      isStill = false;
      url.value = null;
      URL.revokeObjectURL(address);
    };
  }, [file]);
  return (
    <div class="preview" style={{ "--aspect": String(aspect) }}>
      {url.value === null || isRefused.value ? (
        <p class="preview-missing">
          <FilmIcon />
          {isRefused.value && <span>{t("upload.picked.noPreview")}</span>}
        </p>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: the file as it is, for its owner alone
        <video
          ref={video}
          src={url.value}
          controls
          playsInline
          preload="metadata"
          poster={poster.value ?? undefined}
          aria-label={t("upload.previewOfTheFile")}
          onError={() => {
            isRefused.value = true;
          }}
        />
      )}
    </div>
  );
}
