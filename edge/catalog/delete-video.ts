import {
  captionsPrefix,
  chunkPrefix,
  originalKey,
  outputPrefix,
  picturesPrefix,
  recordKey,
} from "../../shared/job/object-keys.ts";
import { deleteBelow } from "../storage/stored-objects.ts";
import { deleteCancelledRows, deleteRows, findVideoState } from "./owners.ts";
import { deletePicturesRow } from "./pictures.ts";

/** Deletes a video's objects and rows, so that nothing of it is served. Calling it twice does no harm. */
export async function deleteVideo(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteObjects(env.MEDIA, videoId);
  await deleteRows(env.CATALOG, videoId);
}

/** As `deleteVideo`, for a job that its coordinator still reports (see `deleteCancelledRows`). */
export async function deleteCancelled(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteObjects(env.MEDIA, videoId);
  await deleteCancelledRows(env.CATALOG, videoId);
}

/** Deletes what a job has stored if it never became a video, because its source could not be planned. */
export async function deleteUnplanned(env: Cloudflare.Env, videoId: string): Promise<void> {
  if ((await findVideoState(env.CATALOG, videoId)) === null) await deleteVideo(env, videoId);
}

/** Deletes the poster and the storyboard of a job that did not become a video. */
export async function deletePictures(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteBelow(env.MEDIA, picturesPrefix(videoId), new Set());
  await deletePicturesRow(env.CATALOG, videoId);
}

/** Deletes all of a video's objects, except a source in storage, which the source job deletes. */
export async function deleteObjects(bucket: R2Bucket, videoId: string): Promise<void> {
  await deleteBelow(bucket, outputPrefix(videoId), new Set());
  await deleteBelow(bucket, chunkPrefix(videoId), new Set());
  await deleteBelow(bucket, captionsPrefix(videoId), new Set());
  await deleteBelow(bucket, picturesPrefix(videoId), new Set());
  await bucket.delete([recordKey(videoId), originalKey(videoId)]);
}
