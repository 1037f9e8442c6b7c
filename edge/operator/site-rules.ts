import { TributaryError } from "../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { log } from "../../shared/log.ts";
import { countVideos, findRules, videosBefore } from "../catalog/operator.ts";
import { removeVideo } from "./remove-video.ts";

/** The operator's rules for new and old videos. */

const DAY_MS = 24 * 3_600_000;
/** The most videos that a run of the trigger deletes, because its time is limited. The others follow the next day. */
const MOST_EXPIRED = 200;

/** @throws TributaryError SITE_LIMIT */
export async function assertAllowed(
  env: Cloudflare.Env,
  { sizeBytes, durationTicks = 0 }: { sizeBytes: number; durationTicks?: number },
  { isNew = true }: { isNew?: boolean } = {},
): Promise<void> {
  const rules = await findRules(env.CATALOG).catch(() => null);
  if (rules === null) {
    // While the catalogue does not answer, new videos are allowed.
    log("catalog", { end: "rules-not-read" });
    return;
  }
  const { mostSeconds, mostSourceBytes, mostVideos } = rules;
  if (mostSeconds !== null && durationTicks > mostSeconds * TICKS_PER_SECOND) {
    throw limit(`This site takes videos of up to ${mostSeconds} seconds.`);
  }
  if (mostSourceBytes !== null && sizeBytes > mostSourceBytes) {
    throw limit(`This site takes files of up to ${mostSourceBytes} bytes.`);
  }
  if (mostVideos === null || !isNew) return;
  if (((await countVideos(env.CATALOG)) ?? 0) >= mostVideos) {
    throw limit(`This site has ${mostVideos} videos, as many as it may.`);
  }
}

/** Deletes ended videos that are older than the operator's rule allows. */
export async function deleteExpired(env: Cloudflare.Env, nowMs: number): Promise<void> {
  const { deleteAfterDays } = await findRules(env.CATALOG);
  if (deleteAfterDays === null) return;
  const ids = await videosBefore(env.CATALOG, nowMs - deleteAfterDays * DAY_MS, MOST_EXPIRED);
  for (const id of ids) {
    const isGone = await removeVideo(env, id).catch(() => false);
    log("expire-video", { jobId: id, end: isGone ? "deleted" : "kept" });
  }
}

function limit(message: string): TributaryError {
  return new TributaryError("SITE_LIMIT", message);
}
