import { chunkPrefix, outputPrefix, playlistKey } from "../../shared/job/object-keys.ts";
import { deleteBelow } from "../storage/delete-below.ts";
import { playlistPaths } from "./playlists.ts";
import type { State } from "./schedule/state/state.ts";

/**
 * Deletes what an ended job no longer needs: its chunks, uploads that never counted, and all outputs
 * when it did not become a video. May be done twice.
 */
export async function cleanUp(env: Cloudflare.Env, state: State): Promise<void> {
  const { job } = state;
  const kept = new Set<string>();
  if (job.state === "ready") {
    for (const path of [...playlistPaths(state), "download.mp4"]) {
      kept.add(playlistKey(job.id, path));
    }
    for (const { key, initKey } of state.accepted.values()) kept.add(key).add(initKey);
  }
  await deleteBelow(env.MEDIA, chunkPrefix(job.id), new Set());
  await deleteBelow(env.MEDIA, outputPrefix(job.id), kept);
}
