import { chunkPrefix, outputPrefix, playlistKey, recordKey } from "../../shared/job/object-keys.ts";
import { deletePictures } from "../catalog/delete-video.ts";
import { deleteBelow } from "../storage/stored-objects.ts";
import {
  putRecord,
  readRecord,
  recordedObjects,
  type VideoRecord,
} from "../storage/video-record.ts";
import { assembled } from "./assembly.ts";
import type { State } from "./schedule/state/state.ts";

/**
 * Deletes what an ended job no longer needs: its chunks, uploads that were not accepted, and all outputs if it did not
 * become a video. Calling it twice does no harm.
 */
export async function cleanUp(env: Cloudflare.Env, state: State): Promise<void> {
  const { job } = state;
  const kept = new Set<string>();
  if (job.state === "ready") {
    const record = (await readRecord(env.MEDIA, job.id)) ?? (await lateRecord(env, state));
    for (const { key } of recordedObjects(record)) kept.add(key);
    kept.add(playlistKey(job.id, "download.mp4"));
  } else {
    await env.MEDIA.delete(recordKey(job.id));
    await deletePictures(env, job.id);
  }
  await deleteBelow(env.MEDIA, chunkPrefix(job.id), new Set());
  await deleteBelow(env.MEDIA, outputPrefix(job.id), kept);
}

/** Makes the record for a job that became ready before there were records. */
async function lateRecord(env: Cloudflare.Env, state: State): Promise<VideoRecord> {
  const { record } = assembled(state);
  await putRecord(env.MEDIA, record);
  return record;
}
