import type { ContributorState } from "../../contributor/contributor-api.ts";
import { formatLength, formatPercent } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** Title and facts of the video that this device helps with; empty before they are known. */
export function VideoFacts({ state: { job } }: { state: ContributorState }) {
  if (job === null) return null;
  return (
    <p class="contribute-video">
      <b>{job.title ?? job.name}</b>{" "}
      <span class="hint">
        {t("contribute.done", {
          duration: formatLength(job.durationTicks),
          progress: formatPercent(job.progress),
        })}
      </span>
    </p>
  );
}
