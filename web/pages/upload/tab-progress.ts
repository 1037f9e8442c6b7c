import type { OwnerState } from "../../owner/owner-api.ts";
import { formatPercent } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

const NAME = "Tributary";

/** The tab's title. The progress comes first, since tabs show only the beginning of a title. */
export function tabTitle(state: OwnerState): string {
  switch (state.phase) {
    case "starting":
      return `${formatPercent(0)} · ${state.fileName} · ${NAME}`;
    case "running": {
      return `${formatPercent(state.work.share)} · ${state.fileName} · ${NAME}`;
    }
    case "ready":
      return t("upload.ready", { fileName: state.fileName, site: NAME });
    case "failed":
      return t("upload.failed", { fileName: state.fileName ?? "", site: NAME });
    default:
      return t("upload.shareAVideoFromThis", { site: NAME });
  }
}

/** Address of the tab's icon while the tab works, a ring that closes; null for the ordinary icon. */
export function tabIcon(state: OwnerState): string | null {
  if (state.phase !== "running" || state.work.job === null) return null;
  // In 20 steps, because a new icon for each percent would only keep the browser busy.
  const share = Math.floor(state.work.share * 20) / 20;
  const round = (2 * Math.PI * 12).toFixed(2);
  const filled = (2 * Math.PI * 12 * share).toFixed(2);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="6">` +
    `<circle cx="16" cy="16" r="12" stroke="#8aa"/>` +
    `<circle cx="16" cy="16" r="12" stroke="#0c8482" stroke-dasharray="${filled} ${round}" transform="rotate(-90 16 16)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Writes title and icon into the document. */
export function showInTab(state: OwnerState): void {
  const title = tabTitle(state);
  if (document.title !== title) document.title = title;
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const icon = tabIcon(state) ?? "/favicon.svg";
  if (link !== null && link.getAttribute("href") !== icon) link.setAttribute("href", icon);
}
