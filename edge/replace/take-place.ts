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
 * Gives a finished video the place of the one that it was made for, where there is one. What people gave the old
 * one stays: title, description, language, chapters, captions that were sent, a poster from a file, visibility,
 * passphrase, links, downloads, plays, reports and the date. What comes from the file is the new one's. The old
 * one's objects are deleted an hour later: whoever is watching it can go on. May be done twice, and after it broke
 * off anywhere; until the rows are moved, which happens at once, the old one is as it was.
 */
export async function takePlace(env: Cloudflare.Env, id: string): Promise<void> {
  const replacement = await findReplacement(env.CATALOG, id);
  if (replacement === null) return;
  const { replaces, isDone } = replacement;
  // Another new video may have been faster.
  const from = isDone ? replaces : ((await findSuccessor(env.CATALOG, replaces)) ?? replaces);
  if (!isDone) {
    const old = await findVideo(env.CATALOG, from);
    if (old === null) {
      // It was deleted meanwhile: the new one stays a video of its own.
      await deleteReplacement(env.CATALOG, id);
      log("replace-video", { jobId: id, end: "old-one-gone" });
      return;
    }
    await copyGiven(env, from, id);
    await moveRows(env.CATALOG, { from, to: id, title: old.title });
  }
  // And what came between the copy and the move.
  await copyGiven(env, from, id);
  forgetAccess(from);
  forgetAccess(id);
  await env.COORDINATOR.getByName(from).forget(from);
  await env.SOURCE_JOBS.getByName(from).dropSource();
  await deleteReplacement(env.CATALOG, id);
  log("replace-video", { jobId: id, replaced: from, end: "done" });
}

/** Copies the objects that people gave a video. */
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
