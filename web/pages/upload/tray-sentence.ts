import type { OwnerState } from "../../owner/owner-api.ts";
import type { TrayEntry } from "../../saved/tray-entry.ts";
import { errorText } from "../../ui/error-texts.ts";
import { formatPercent } from "../../ui/format.ts";
import { t } from "../../words/words.ts";
import { lacksConnection, timeLeft } from "./time-left.ts";

/**
 * One sentence about one of several videos.
 * @param state null where the session is not working on this video
 */
export function entrySentence(
  entry: TrayEntry,
  state: OwnerState | null,
  { hasFile, isNext }: { hasFile: boolean; isNext: boolean },
): string {
  switch (entry.state) {
    case "waiting":
      if (!hasFile) return t("upload.tray.fileNeeded");
      if (entry.request === null) return t("upload.tray.notShared");
      return isNext ? t("upload.tray.next") : t("upload.tray.waits");
    case "ready":
      return t("upload.tray.isReady");
    case "cancelled":
      return t("upload.tray.isCancelled");
    case "failed": {
      if (entry.error === null) return t("upload.tray.isFailed");
      const { title, advice } = errorText(entry.error.code);
      return `${title}. ${advice}`;
    }
    case "working":
      return workSentence(state);
  }
}

function workSentence(state: OwnerState | null): string {
  switch (state?.phase) {
    case "inspecting":
      return t("upload.tray.looking");
    case "inspected":
      return t("upload.tray.asksToShare");
    case "needs-file":
      return t("upload.tray.fileNeeded");
    case "running": {
      const { job } = state.work;
      if (job === null && !lacksConnection(state.work)) return t("upload.tray.starting");
      const playable = job?.firstPlayableAtMs == null ? null : t("upload.tray.playable");
      const parts = [playable, formatPercent(state.work.share), timeLeft(state.work)];
      const text = parts.filter((part) => part !== null).join(t("ui.comma"));
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
    default:
      return t("upload.tray.starting");
  }
}

/** Progress of an entry, 0..1. */
export function entryShare(entry: TrayEntry, state: OwnerState | null): number {
  if (entry.state === "ready") return 1;
  if (entry.state !== "working" || state?.phase !== "running" || state.work.job === null) return 0;
  return state.work.share;
}
