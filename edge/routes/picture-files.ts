import { type Context, Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { renderStoryboard } from "../../shared/pictures/storyboard.ts";
import { findPictures } from "../catalog/pictures.ts";
import { sheetName, storedPicture } from "../pictures/pictures.ts";
import type { PlaybackEnv } from "./playback-address.ts";

/**
 * `/v/<job>/poster.jpg`, `storyboard.vtt` and its sheets. This is a part of `playbackRoutes`, which checks who may see
 * them.
 */
export const pictureFiles = new Hono<PlaybackEnv>();

/** Seconds for which a poster may be cached. It may be replaced under the same address. */
const POSTER_SECONDS = 60;

pictureFiles.get("/:id/poster.jpg", (c) =>
  picture(c, "poster.jpg", `public, max-age=${POSTER_SECONDS}`),
);

pictureFiles.get("/:id/:sheet{storyboard-[0-9a-f]{12}-\\d{1,2}\\.jpg}", (c) =>
  picture(c, c.req.param("sheet"), "public, max-age=31536000, immutable"),
);

pictureFiles.get("/:id/storyboard.vtt", async (c) => {
  const { storyboard } = await findPictures(c.env.CATALOG, c.get("videoId"));
  if (storyboard === null) throw notFound();
  const text = renderStoryboard(storyboard, (sheet) => sheetName(storyboard, sheet));
  return c.body(text, 200, {
    "content-type": "text/vtt; charset=utf-8",
    "cache-control": `public, max-age=${POSTER_SECONDS}`,
  });
});

async function picture(
  c: Context<PlaybackEnv>,
  name: string,
  cacheControl: string,
): Promise<Response> {
  const ifNoneMatch = c.req.header("if-none-match");
  const onlyIf = new Headers(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch });
  const stored = await storedPicture(c.env.MEDIA, c.get("videoId"), name, onlyIf);
  if (stored === null) throw notFound();
  const headers = new Headers({
    "content-type": "image/jpeg",
    "cache-control": cacheControl,
    etag: stored.httpEtag,
  });
  // R2 returned no body: the client's copy is still valid.
  if (!("body" in stored)) return new Response(null, { status: 304, headers });
  headers.set("content-length", String(stored.size));
  return new Response(stored.body, { headers });
}

function notFound(): TributaryError {
  return new TributaryError("NOT_FOUND", "This video has no such picture (yet).");
}
