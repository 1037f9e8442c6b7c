import type { ErrorCode } from "../../../shared/job/errors.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Work } from "../../owner/owner-api.ts";
import { formatWait } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** Without a first connection for this long, the page says so. A lost connection is shown at once. */
const CONNECTS_WITHIN_SECONDS = 10;

/** Whether there has been no connection to the job yet for longer than one usually takes. */
export function lacksConnection({ job, connected, disconnectedSeconds }: Work): boolean {
  return job === null && !connected && (disconnectedSeconds ?? 0) >= CONNECTS_WITHIN_SECONDS;
}

/**
 * Text of the time left, or of what the work waits for.
 * @param work null before the job exists
 */
export function timeLeft(work: Work | null): string {
  if (work === null) return t("upload.starting2");
  if (work.job !== null) return timeLeftOf(work, work.job);
  return lacksConnection(work) ? t("upload.waitingForTheConnection") : t("upload.starting2");
}

function timeLeftOf({ etaSeconds, connected, stalledSeconds, paused }: Work, job: JobView): string {
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

/** Whether the work has stalled because results cannot be uploaded to storage. */
export function isStorageSilent({ job, connected, paused, stalledSeconds, slots }: Work): boolean {
  if (job === null || !connected || paused || stalledSeconds === null) return false;
  const isUploading = slots.some(({ state }) => state === "uploading");
  const isRefused = ({ state, lastError }: JobView["tasks"][number]) =>
    state !== "done" && lastError !== null && STORAGE_ERRORS.includes(lastError);
  return isUploading || job.tasks.some(isRefused);
}

const STORAGE_ERRORS: readonly ErrorCode[] = [
  "UPLOAD_FAILED",
  "UPLOAD_REFUSED",
  "NETWORK",
  "TIMEOUT",
];

const MADE: readonly string[] = ["done", "checking"];
