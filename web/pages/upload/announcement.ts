import type { OwnerState } from "../../owner/owner-api.ts";
import { t } from "../../words/words.ts";
import { isStorageSilent, lacksConnection } from "./time-left.ts";

/** Text that screen readers announce: changes of state, and each tenth of the work. */
export function announcement(state: OwnerState): string {
  switch (state.phase) {
    case "idle":
      return "";
    case "inspecting":
      return t("upload.lookingAtTheFile");
    case "inspected":
      return t("upload.theFileWasReadYou");
    case "starting":
      return t("upload.starting");
    case "running": {
      const { job, connected, paused, stalledSeconds } = state.work;
      if (lacksConnection(state.work)) return t("upload.noConnectionStillTrying");
      if (job === null) return t("upload.starting");
      if (!connected) return t("upload.connectionLostReconnecting");
      if (isStorageSilent(state.work)) return t("upload.storageTakesNothing");
      if (stalledSeconds !== null && !paused) return t("upload.nothingMoves");
      const tenths = Math.floor(state.work.share * 10);
      const percent = tenths * 10;
      return job.firstPlayableAtMs === null
        ? t("upload.makingTheVideoPercent", { percent })
        : t("upload.makingThePlayableVideoPercent", { percent });
    }
    case "needs-file":
      return t("upload.pickTheSameFileTo");
    case "ready":
      return t("upload.theVideoIsReady");
    case "failed":
      // The shown error is an alert, which screen readers announce by themselves.
      return "";
    case "cancelled":
      return t("upload.cancelled");
  }
}
