import { chunkPrefix, outputPrefix } from "../../shared/job/object-keys.ts";
import { deleteBelow } from "../storage/delete-below.ts";
import { deleteRows } from "./owners.ts";

/** Deletes a video's objects and rows, so that nothing of it is served. May be done twice. */
export async function deleteVideo(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteBelow(env.MEDIA, outputPrefix(videoId), new Set());
  await deleteBelow(env.MEDIA, chunkPrefix(videoId), new Set());
  await deleteRows(env.CATALOG, videoId);
}
