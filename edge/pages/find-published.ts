import type { Context } from "hono";
import { findVideo, withoutFileName } from "../catalog/videos.ts";
import type { AppEnv } from "../http/app-env.ts";
import type { VideoAccess } from "../http/video-access.ts";
import { type Published, published } from "./published.ts";

/** A video for a page; null where the catalogue has no row (yet), or the caller may not see the video. */
export async function findPublished(
  c: Context<AppEnv>,
  id: string,
  { isVisible }: VideoAccess,
): Promise<Published | null> {
  const video = isVisible ? await findVideo(c.env.CATALOG, id) : null;
  return video && published(new URL(c.req.url).origin, withoutFileName(video));
}
