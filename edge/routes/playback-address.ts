import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isJobId } from "../http/auth.ts";

/** Addresses below `/v/`, and the videos to which they lead. */

export type PlaybackEnv = AppEnv & {
  Variables: {
    /** Id of the video to which the address leads: its own, or its replacement. */
    videoId: string;
    /** Whether objects that never change may be read from and written to the data centre's cache. */
    isCached: boolean;
  };
};

export function addressOf(c: Context<PlaybackEnv>): string {
  const address = c.req.param("id") ?? "";
  if (!isJobId(address)) throw notFound();
  return address;
}

/**
 * The folder of the video to which an address leads, relative to the address; "" for the same folder. Caches may have
 * playlists of a video that was replaced, so the new video's playlists are under its own id. Under the old address,
 * viewers who have started the old video can finish it, until its objects are deleted.
 */
export function folderOf(c: Context<PlaybackEnv>): string {
  const videoId = c.get("videoId");
  return videoId === addressOf(c) ? "" : `../${videoId}/`;
}

/** Answers with the object of the old video at an address; where there is none, with that of its replacement. */
export async function firstOf(
  c: Context<PlaybackEnv>,
  answer: (videoId: string) => Promise<Response>,
): Promise<Response> {
  const [address, videoId] = [addressOf(c), c.get("videoId")];
  if (address === videoId) return answer(videoId);
  try {
    return await answer(address);
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === "NOT_FOUND") return answer(videoId);
    throw thrown;
  }
}

export function notFound(): TributaryError {
  return new TributaryError("NOT_FOUND", "There is no such part of a video.");
}
