import { t } from "../words/words.ts";
import { InfoIcon } from "./icons.tsx";
import { Note } from "./page-frame.tsx";

/** In a browser that offers pages no fast encoder: why, and what would help. Else nothing. */
export function SlowBrowserNote() {
  if ("VideoEncoder" in globalThis) return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p data-slow-browser>{window.isSecureContext ? t("ui.slow.codecs") : t("ui.slow.http")}</p>
    </Note>
  );
}
