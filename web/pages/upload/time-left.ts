import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Work } from "../../owner/owner-api.ts";
import { formatWait } from "../../ui/format.ts";

/** How long it will take yet, or what it waits for. */
export function timeLeft(
  { etaSeconds, connected, stalledSeconds, paused }: Work,
  job: JobView,
): string {
  if (job.state === "assembling") return "finishing";
  if (!connected) return "waiting for the connection";
  if (paused) return "paused";
  if (job.tasks.length > 0 && job.tasks.every(({ state }) => MADE.includes(state))) {
    const left = etaSeconds === null ? "" : `, about ${formatWait(etaSeconds)} left`;
    return `checking the last parts${left}`;
  }
  if (stalledSeconds !== null) return `nothing has moved for ${formatWait(stalledSeconds)}`;
  return etaSeconds === null ? "estimating the time left" : `about ${formatWait(etaSeconds)} left`;
}

const MADE: readonly string[] = ["done", "checking"];
