import { chunkPrefix, outputPrefix, playlistKey } from "../../shared/job/object-keys.ts";
import { renderIFrames, renderMedia, renderMultivariant } from "../../shared/playlist/index.ts";
import { saveVideo } from "../catalog/videos.ts";
import type { State } from "./schedule/state/state.ts";
import { playlistInput } from "./view.ts";

/** Work for a job outside of its coordinator. All of it may be done twice. */

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/** `delete` takes this many keys at once. */
const DELETE_BATCH = 1000;

/** Paths of all playlists of a job below its folder, the one that leads to the others last. */
function playlistPaths({ plan }: State): string[] {
  return [
    ...[...plan.video, ...plan.audio].map(({ id }) => `${id}/playlist.m3u8`),
    ...plan.video.map(({ id }) => `${id}/iframes.m3u8`),
    "master.m3u8",
  ];
}

/**
 * A playlist of a job as it stands.
 * @returns null for a path that is none of its playlists
 */
export function renderPlaylist(state: State, path: string, ended?: boolean): string | null {
  if (!playlistPaths(state).includes(path)) return null;
  const input = playlistInput(state, ended);
  const [rendition = "", file] = path.split("/");
  if (file === undefined) return renderMultivariant(input);
  return file === "iframes.m3u8" ? renderIFrames(input, rendition) : renderMedia(input, rendition);
}

/** The final playlists, into storage: from now on playback needs no coordinator. */
export async function assemble(env: Cloudflare.Env, state: State): Promise<void> {
  for (const path of playlistPaths(state)) {
    const text = renderPlaylist(state, path, true) ?? "";
    await env.MEDIA.put(playlistKey(state.job.id, path), text, {
      httpMetadata: { contentType: PLAYLIST_TYPE },
    });
  }
}

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

/**
 * Deletes what an ended job no longer needs: its chunks, uploads that never counted, and all outputs
 * when it did not become a video.
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

/** @param kept keys that stay */
export async function deleteBelow(
  bucket: R2Bucket,
  prefix: string,
  kept: ReadonlySet<string>,
): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix,
      limit: DELETE_BATCH,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keys = page.objects.map(({ key }) => key).filter((key) => !kept.has(key));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
