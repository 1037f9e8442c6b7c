import { captionsKey, picturesPrefix } from "../../shared/job/object-keys.ts";
import { log } from "../../shared/log.ts";
import {
  deleteReplacement,
  findReplacement,
  findSuccessor,
  moveRows,
} from "../catalog/addresses.ts";
import { listCaptions } from "../catalog/captions.ts";
import { findPictures } from "../catalog/pictures.ts";
import { findVideo } from "../catalog/videos.ts";
import { forgetAccess } from "../http/video-access.ts";

/**
 * Lets a finished video replace the one for which it was made, if there is one. What people added to the old video is
 * kept: title, description, language, chapters, captions that were sent, a poster from a file, visibility, passphrase,
 * links, downloads, plays, reports and the date. What comes from the file is the new video's. The old video's objects
 * are deleted an hour later, so that viewers can finish watching it. It is safe to call this again, also after an
 * interruption at any point. The rows are moved in one transaction; until then the old video is unchanged.
 */
export async function takePlace(env: Cloudflare.Env, id: string): Promise<void> {
  const replacement = await findReplacement(env.CATALOG, id);
  if (replacement === null) return;
  const { replaces, isDone } = replacement;
  // Another new video may already have replaced the old one.
  const from = isDone ? replaces : ((await findSuccessor(env.CATALOG, replaces)) ?? replaces);
  if (!isDone) {
    const old = await findVideo(env.CATALOG, from);
    if (old === null) {
      // The old video was deleted in the meantime, so the new one stays a separate video.
      await deleteReplacement(env.CATALOG, id);
      log("replace-video", { jobId: id, end: "old-one-gone" });
      return;
    }
    await copyGiven(env, from, id);
    await moveRows(env.CATALOG, { from, to: id, title: old.title });
  }
  // Copied again, for objects that were added between the first copy and the move.
  await copyGiven(env, from, id);
  forgetAccess(from);
  forgetAccess(id);
  await env.COORDINATOR.getByName(from).forget(from);
  await env.SOURCE_JOBS.getByName(from).dropSource();
  await deleteReplacement(env.CATALOG, id);
  log("replace-video", { jobId: id, replaced: from, end: "done" });
}

/** Copies the objects that people added to a video. */
async function copyGiven(
  { CATALOG, MEDIA }: Cloudflare.Env,
  from: string,
  to: string,
): Promise<void> {
  const rows = await Promise.all([from, to].map((each) => listCaptions(CATALOG, each)));
  const sent = rows.flatMap(({ tracks }) => tracks).filter((track) => track.sourceTrack === null);
  for (const track of new Set(sent.map((each) => each.id))) {
    await copy(MEDIA, captionsKey(from, track), captionsKey(to, track));
  }
  const [old, own] = await Promise.all([from, to].map((each) => findPictures(CATALOG, each)));
  if (old?.poster?.source === "file" && own?.poster?.source !== "file") {
    await copy(MEDIA, `${picturesPrefix(from)}poster.jpg`, `${picturesPrefix(to)}poster.jpg`);
  }
}

async function copy(bucket: R2Bucket, from: string, to: string): Promise<void> {
  const object = await bucket.get(from);
  if (object === null) return;
  const { httpMetadata = {} } = object;
  await bucket.put(to, await object.arrayBuffer(), { httpMetadata });
}
