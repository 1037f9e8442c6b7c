import { type Context, Hono } from "hono";
import { html, raw } from "hono/html";
import { embedCode } from "../../shared/embed-code.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { type OEmbed, oembedQuerySchema, oembedSchema } from "../../shared/wire/published.ts";
import { readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { query } from "../http/validated.ts";
import { currentVideo, visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { findPublished } from "../pages/find-published.ts";
import type { Published } from "../pages/published.ts";

/** `GET /oembed?url=` (oembed.com, 1.0): how other sites show a video whose link was pasted there. */
export const oembedRoutes = new Hono<AppEnv>();

oembedRoutes.get(
  "/",
  describe({
    tag: "Videos",
    id: "oembed",
    summary: "How to show a video in another page",
    detail:
      "oEmbed 1.0 for the address of a watch page; its `t` (start time) is kept. XML by `format=xml`.",
    access: "private",
    answers: { 200: oembedSchema },
    errors: ["REQUEST_INVALID", "NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  query(oembedQuerySchema),
  async (c) => {
    const { url, format, maxwidth, maxheight } = c.req.valid("query");
    const asked = new URL(url);
    const [, address] = /^\/(?:watch|embed)\/([0-9a-z]+)\/?$/.exec(asked.pathname) ?? [];
    if (address === undefined || asked.host !== new URL(c.req.url).host) throw notFound();
    const id = await currentVideo(c.env, address);
    const access = await visibleVideo(c, id);
    const found = await findPublished(c, id, access);
    if (found === null) throw notFound();
    const answer = oembedOf(found, { maxwidth, maxheight, start: asked.searchParams.get("t") });
    // A shared cache does not know who may see a private video.
    const caching = access.visibility === "private" ? PRIVATE : CACHED;
    return format === "xml" ? xml(c, answer, caching) : c.json(answer, 200, caching);
  },
);

const PRIVATE = { "cache-control": "private, no-cache" };
const CACHED = { "cache-control": "public, max-age=300" };
const DEFAULT_WIDTH = 640;

function oembedOf(
  { video, embedUrl, durationSeconds, posterUrl }: Published,
  {
    maxwidth,
    maxheight,
    start,
  }: { maxwidth?: number | undefined; maxheight?: number | undefined; start: string | null },
): OEmbed {
  // The largest frame with the video's aspect ratio within the limits of the request.
  const width = Math.min(
    maxwidth ?? DEFAULT_WIDTH,
    ((maxheight ?? Number.POSITIVE_INFINITY) * video.width) / video.height,
  );
  const size = {
    width: Math.max(1, Math.round(width)),
    height: Math.max(1, Math.round((width * video.height) / video.width)),
  };
  const url = start === null ? embedUrl : `${embedUrl}?t=${encodeURIComponent(start)}`;
  const { origin } = new URL(embedUrl);
  return {
    version: "1.0",
    type: "video",
    title: video.title,
    provider_name: "Tributary",
    provider_url: `${origin}/`,
    cache_age: 300,
    duration: Math.round(durationSeconds),
    html: embedCode({ url, title: video.title, ...size }, { responsive: false }),
    ...size,
    ...(posterUrl && {
      thumbnail_url: posterUrl,
      thumbnail_width: video.poster?.width ?? video.width,
      thumbnail_height: video.poster?.height ?? video.height,
    }),
  };
}

function xml(
  c: Context<AppEnv>,
  answer: OEmbed,
  caching: { "cache-control": string },
): Response | Promise<Response> {
  const fields = Object.entries(answer).map(([name, value]) => {
    return html`<${raw(name)}>${String(value)}</${raw(name)}>`;
  });
  const text = html`${raw('<?xml version="1.0" encoding="utf-8" standalone="yes"?>')}<oembed>${fields}</oembed>`;
  return c.body(String(text), 200, { ...caching, "content-type": "text/xml; charset=utf-8" });
}

function notFound(): TributaryError {
  return new TributaryError("NOT_FOUND", "There is no video at this address.");
}
