import type { ContributorState } from "../../contributor/contributor-api.ts";
import { formatLength, formatPercent } from "../../ui/format.ts";

/** The video that this device helps with; nothing before it is known. */
export function VideoFacts({ state: { job } }: { state: ContributorState }) {
  if (job === null) return null;
  return (
    <p class="contribute-video">
      <b>{job.title ?? job.name}</b>{" "}
      <span class="hint">
        {formatLength(job.durationTicks)} · {formatPercent(job.progress)} done
      </span>
    </p>
  );
}
