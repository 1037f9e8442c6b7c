import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../words/words.ts";

/** Downloads that are looked for when somebody opens them. */
export function DownloadFold({
  label,
  isCard = false,
  children,
}: {
  /** For screen readers, where the summary alone does not say of which video. */
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
