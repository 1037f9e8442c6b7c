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

/** Deletes a video's objects and rows, so that nothing of it is served. May be done twice. */
export async function deleteVideo(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteObjects(env.MEDIA, videoId);
  await deleteRows(env.CATALOG, videoId);
}

/** As `deleteVideo`, while the job's coordinator still tells of it (`deleteCancelledRows`). */
export async function deleteCancelled(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteObjects(env.MEDIA, videoId);
  await deleteCancelledRows(env.CATALOG, videoId);
}

/** For a job that is over: what it has where it never became a video, since its source could not be planned. */
export async function deleteUnplanned(env: Cloudflare.Env, videoId: string): Promise<void> {
  if ((await findVideoState(env.CATALOG, videoId)) === null) await deleteVideo(env, videoId);
}

/** Poster and storyboard of a job that did not become a video. */
export async function deletePictures(env: Cloudflare.Env, videoId: string): Promise<void> {
  await deleteBelow(env.MEDIA, picturesPrefix(videoId), new Set());
  await deletePicturesRow(env.CATALOG, videoId);
}

/** All that a video has in storage; its source, where it has one there, is its source job's. */
export async function deleteObjects(bucket: R2Bucket, videoId: string): Promise<void> {
  await deleteBelow(bucket, outputPrefix(videoId), new Set());
  await deleteBelow(bucket, chunkPrefix(videoId), new Set());
  await deleteBelow(bucket, captionsPrefix(videoId), new Set());
  await deleteBelow(bucket, picturesPrefix(videoId), new Set());
  await bucket.delete([recordKey(videoId), originalKey(videoId)]);
}
