import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isJobId } from "../http/auth.ts";

/** Addresses below `/v/`, and the videos that they lead to. */

export type PlaybackEnv = AppEnv & {
  Variables: {
    /** The video that the address leads to: its own, or the one that took its place. */
    videoId: string;
    /** Parts that never change may come from the data centre's cache, and go there. */
    isCached: boolean;
  };
};

export function addressOf(c: Context<PlaybackEnv>): string {
  const address = c.req.param("id") ?? "";
  if (!isJobId(address)) throw notFound();
  return address;
}

/**
 * The folder of the video that an address leads to, seen from that address. Playlists of a video that was replaced
 * lie in caches, so the new one's have addresses of their own; below the old address the old one plays on for those
 * who began it, until its objects are deleted.
 */
export function folderOf(c: Context<PlaybackEnv>): string {
  const videoId = c.get("videoId");
  return videoId === addressOf(c) ? "" : `../${videoId}/`;
}

/** Answers with the old video's part at an address; where it has none, with that of the video that took its place. */
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
