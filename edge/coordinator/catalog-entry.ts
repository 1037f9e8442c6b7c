import { saveVideo } from "../catalog/videos.ts";
import type { State } from "./schedule/state/state.ts";

/** Writes the job's row in the catalogue. Calling it twice does no harm. */
export async function saveInCatalog(env: Cloudflare.Env, { job, plan }: State): Promise<void> {
  const largest = plan.video.reduce((a, b) => (b.height > a.height ? b : a));
  await saveVideo(env.CATALOG, {
    id: job.id,
    name: plan.source.name,
    state: job.endedAtMs === null ? "planned" : job.state,
    errorCode: job.error?.code ?? null,
    durationTicks: plan.source.durationTicks,
    width: largest.width,
    height: largest.height,
    bytesStored: job.bytesStored,
    createdAtMs: job.createdAtMs,
    endedAtMs: job.endedAtMs,
  });
}
