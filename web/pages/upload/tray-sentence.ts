import type { OwnerState } from "../../owner/owner-api.ts";
import type { TrayEntry } from "../../saved/tray-entry.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { formatPercent } from "../../ui/format.ts";
import { TRAY } from "./texts.ts";
import { timeLeft } from "./time-left.ts";

/** What is said of one video of several: one sentence. @param state null where it is not in hand */
export function entrySentence(
  entry: TrayEntry,
  state: OwnerState | null,
  { hasFile, isNext }: { hasFile: boolean; isNext: boolean },
): string {
  switch (entry.state) {
    case "waiting":
      if (!hasFile) return TRAY.fileNeeded;
      if (entry.request === null) return TRAY.notShared;
      return isNext ? TRAY.next : TRAY.waits;
    case "ready":
      return TRAY.isReady;
    case "cancelled":
      return TRAY.isCancelled;
    case "failed": {
      if (entry.error === null) return TRAY.isFailed;
      const { title, advice } = ERROR_TEXTS[entry.error.code];
      return `${title}. ${advice}`;
    }
    case "working":
      return workSentence(state);
  }
}

function workSentence(state: OwnerState | null): string {
  switch (state?.phase) {
    case "inspecting":
      return TRAY.looking;
    case "inspected":
      return TRAY.asksToShare;
    case "needs-file":
      return TRAY.fileNeeded;
    case "running": {
      const { job } = state.work;
      if (job === null) return TRAY.starting;
      const playable = job.firstPlayableAtMs === null ? null : TRAY.playable;
      const parts = [playable, formatPercent(state.work.share), timeLeft(state.work, job)];
      const text = parts.filter((part) => part !== null).join(", ");
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
    default:
      return TRAY.starting;
  }
}

/** 0..1 of it that is done. */
export function entryShare(entry: TrayEntry, state: OwnerState | null): number {
  if (entry.state === "ready") return 1;
  if (entry.state !== "working" || state?.phase !== "running" || state.work.job === null) return 0;
  return state.work.share;
}
