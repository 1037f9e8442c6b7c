import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../words/words.ts";

/** A fold whose downloads are looked up when somebody opens it. */
export function DownloadFold({
  label,
  isCard = false,
  children,
}: {
  /** For screen readers, where the summary alone does not name the video. */
  label?: string;
  isCard?: boolean;
  children(): ComponentChildren;
}) {
  const isOpen = useSignal(false);
  return (
    <details
      class={isCard ? "details card" : "details"}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary aria-label={label}>{t("files.download")}</summary>
      {isOpen.value && children()}
    </details>
  );
}
