import { t } from "../words/words.ts";
import { InfoIcon } from "./icons.tsx";
import { Note } from "./page-frame.tsx";

/** Note in browsers that give pages no fast encoder: why, and what would help. Empty in other browsers. */
export function SlowBrowserNote() {
  if ("VideoEncoder" in globalThis) return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p data-slow-browser>{window.isSecureContext ? t("ui.slow.codecs") : t("ui.slow.http")}</p>
    </Note>
  );
}
