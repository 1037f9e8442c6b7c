import { createHash } from "node:crypto";
import { messagesOf } from "../../shared/job/notice.ts";
import { playlistKey } from "../../shared/job/object-keys.ts";
import { checkStored } from "../storage/stored-objects.ts";
import {
  madeObjects,
  putRecord,
  RECORD_VERSION,
  type VideoRecord,
} from "../storage/video-record.ts";
import { PLAYLIST_TYPE, playlistPaths, renderPlaylist } from "./playlists.ts";
import type { State } from "./schedule/state/state.ts";

/**
 * Stores the final playlists and the record of the video's objects, if storage has all of these objects. From then on
 * playback needs no coordinator. Calling it twice does no harm.
 * @returns keys of accepted objects that are missing or changed; if there are any, nothing was stored
 */
export async function assembleVideo(env: Cloudflare.Env, state: State): Promise<string[]> {
  const { record, texts } = assembled(state);
  const checked = await checkStored(env.MEDIA, state.job.id, madeObjects(record));
  const lost = checked.filter((object) => object.state !== "ok").map(({ key }) => key);
  if (lost.length > 0) return lost;
  await putRecord(env.MEDIA, record);
  for (const [key, text] of texts) {
    await env.MEDIA.put(key, text, { httpMetadata: { contentType: PLAYLIST_TYPE } });
  }
  return [];
}

/** The record of a job whose tasks are all done, and the texts of its playlists by storage key. */
export function assembled(state: State): { record: VideoRecord; texts: Map<string, string> } {
  const { job, plan } = state;
  const { source, video, audio, segments } = plan;
  const texts = new Map<string, string>();
  for (const path of playlistPaths(state)) {
    texts.set(playlistKey(job.id, path), renderPlaylist(state, path, true) ?? "");
  }
  const accepted = [...state.accepted.values()];
  const named = new Set(accepted.map(({ initKey }) => initKey));
  const inits = new Map(
    [...state.inits.values()]
      .filter(({ key }) => named.has(key))
      .map(({ key, rendition, sizeBytes, sha256 }) => [key, { key, rendition, sizeBytes, sha256 }]),
  );
  const record: VideoRecord = {
    schemaVersion: RECORD_VERSION,
    jobId: job.id,
    createdAtMs: job.createdAtMs,
    warnings: messagesOf(job.notices),
    notices: job.notices,
    ...{ source, video, audio, segments },
    inits: [...inits.values()],
    media: accepted,
    playlists: [...texts].map(([key, text]) => ({
      key,
      sizeBytes: Buffer.byteLength(text),
      md5: createHash("md5").update(text).digest("hex"),
    })),
  };
  return { record, texts };
}
