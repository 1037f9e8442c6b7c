import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Work } from "../../owner/owner-api.ts";
import { formatWait } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** How long it will take yet, or what it waits for. */
export function timeLeft(
  { etaSeconds, connected, stalledSeconds, paused }: Work,
  job: JobView,
): string {
  if (job.state === "assembling") return t("upload.finishing");
  if (!connected) return t("upload.waitingForTheConnection");
  if (paused) return t("upload.paused");
  if (job.tasks.length > 0 && job.tasks.every(({ state }) => MADE.includes(state))) {
    return etaSeconds === null
      ? t("upload.checkingTheLastParts")
      : t("upload.checkingTheLastPartsLeft", { time: formatWait(etaSeconds) });
  }
  if (stalledSeconds !== null)
    return t("upload.nothingHasMovedFor", { time: formatWait(stalledSeconds) });
  return etaSeconds === null
    ? t("upload.estimatingTheTimeLeft")
    : t("upload.aboutLeft", { time: formatWait(etaSeconds) });
}

const MADE: readonly string[] = ["done", "checking"];
