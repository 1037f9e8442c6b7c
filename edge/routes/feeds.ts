import { type Context, Hono } from "hono";
import type { Video } from "../../shared/wire/api.ts";
import { listCaptions } from "../catalog/captions.ts";
import { listVideos } from "../catalog/videos.ts";
import { PLAYLIST_TYPE } from "../coordinator/playlists.ts";
import { readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { currentVideo } from "../http/video-access.ts";
import { type Published, published } from "../pages/published.ts";
import { type Enclosure, rssFeed } from "../pages/rss.ts";
import { sitemap } from "../pages/sitemap.ts";
import { mp4Key } from "../servers/mp4.ts";

/** The feed and the sitemap. They name only videos that are listed and finished. */
export const feedRoutes = new Hono<AppEnv>();

/** The most videos in the feed, the newest first. */
const FEED_ITEMS = 50;
/** The most videos in the sitemap. sitemaps.org allows 50,000 addresses and 50 MB per file. */
const SITEMAP_VIDEOS = 10_000;

feedRoutes.get("/robots.txt", (c) => {
  const { origin } = new URL(c.req.url);
  const text = `User-agent: *\nDisallow: /join/\nDisallow: /api/\nSitemap: ${origin}/sitemap.xml\n`;
  return c.text(text, 200, CACHED);
});

feedRoutes.get("/sitemap.xml", readLimited, async (c) => {
  const videos = await listed(c, SITEMAP_VIDEOS);
  return xml(c, "application/xml", sitemap(new URL(c.req.url).origin, videos));
});

feedRoutes.get("/feed.xml", readLimited, async (c) => {
  const videos = await listed(c, FEED_ITEMS);
  const items = await Promise.all(
    videos.map(async (each) => {
      const [enclosure, { tracks }] = await Promise.all([
        enclosureOf(c.env, each),
        listCaptions(c.env.CATALOG, await currentVideo(c.env, each.video.id)),
      ]);
      return { ...each, enclosure, tracks };
    }),
  );
  const feed = rssFeed(new URL(c.req.url).origin, items, c.env.FEED_CATEGORY);
  return xml(c, "application/rss+xml", feed);
});

const CACHED = { "cache-control": "public, max-age=300" };

async function listed(c: Context<AppEnv>, limit: number): Promise<Published[]> {
  const options = { after: null, state: "ready", limit, listedOnly: true };
  const page = await listVideos(c.env.CATALOG, options);
  const { origin } = new URL(c.req.url);
  return (page?.videos ?? []).map((video: Video) => published(origin, video));
}

/** The MP4 where there is one, because every reader plays it; else the playlist for podcast apps. */
async function enclosureOf(
  env: Cloudflare.Env,
  { video, podcastUrl }: Published,
): Promise<Enclosure> {
  const file = await env.MEDIA.head(mp4Key(await currentVideo(env, video.id)));
  if (file === null) return { url: podcastUrl, type: PLAYLIST_TYPE, sizeBytes: video.bytesStored };
  const url = new URL("download.mp4", podcastUrl).href;
  return { url, type: "video/mp4", sizeBytes: file.size };
}

function xml(c: Context<AppEnv>, type: string, text: string): Response {
  return c.body(text, 200, { ...CACHED, "content-type": `${type}; charset=utf-8` });
}
