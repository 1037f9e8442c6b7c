import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { renderChapters } from "../../shared/captions/chapters.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { namedHashes, playlistKey } from "../../shared/job/object-keys.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { log } from "../../shared/log.ts";
import {
  inFolder,
  MASTER_PLAYLIST,
  type PlaylistInput,
  PODCAST_PLAYLIST,
  renderDash,
  renderMultivariant,
  renderSubtitles,
  type SubtitleTrack,
  withSubtitles,
} from "../../shared/playlist/index.ts";
import { captionsText } from "../captions/captions.ts";
import { listCaptions } from "../catalog/captions.ts";
import { findVideo } from "../catalog/videos.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { PLAYLIST_TYPE } from "../coordinator/playlists.ts";
import { attachmentNamed } from "../http/attachment.ts";
import { currentVideo, visibleVideo } from "../http/video-access.ts";
import { fromEdgeCache, intoEdgeCache } from "../storage/edge-cache.ts";
import { readRecord, type VideoRecord } from "../storage/video-record.ts";
import { pictureFiles } from "./picture-files.ts";
import { addressOf, firstOf, folderOf, notFound, type PlaybackEnv } from "./playback-address.ts";
import { matches, object } from "./playback-objects.ts";

/** Pattern of the folders of caption tracks. */
const CAPTIONS = "s[a-z0-9]{8}";

/** Routes for players: `/v/<job>/...`. Open to players on any site. */
export const playbackRoutes = new Hono<PlaybackEnv>();

playbackRoutes.use(
  cors({
    origin: "*",
    allowMethods: ["GET", "HEAD"],
    allowHeaders: ["authorization", "range", "if-none-match", "if-range"],
    exposeHeaders: ["accept-ranges", "content-length", "content-range", "etag"],
    maxAge: 86_400,
  }),
);

playbackRoutes.use(async (c, next) => {
  await next();
  // Isolated pages (COEP) may load it, too.
  c.header("cross-origin-resource-policy", "cross-origin");
});

/**
 * Checks access to a private video: by the owner's token in the header, or by a signed link in the path. Browsers have
 * to revalidate its objects at each use, and shared caches must not keep them.
 */
playbackRoutes.use("/:id/*", async (c, next) => {
  const videoId = await currentVideo(c.env, addressOf(c));
  c.set("videoId", videoId);
  const { visibility, isKnown } = await visibleVideo(c, videoId);
  const isForAll = visibility !== "private" && c.req.param("link") === undefined;
  // A deleted video has no row any more, so objects of it that a cache still has are not served.
  c.set("isCached", isForAll && isKnown);
  await next();
  if (isForAll) return;
  c.header("cache-control", "private, no-cache");
  c.header("vary", "authorization", { append: true });
});

/** The multivariant playlist with the present caption tracks, which may change even after the video is finished. */
playbackRoutes.get("/:id/master.m3u8", async (c) => {
  const { text } = await playlistText(c, c.get("videoId"), MASTER_PLAYLIST);
  return multivariant(c, text);
});
playbackRoutes.get(`/:id/${PODCAST_PLAYLIST}`, async (c) => {
  const jobId = c.get("videoId");
  const record = await readRecord(c.env.MEDIA, jobId);
  const text =
    record === null
      ? await coordinatorOf(c.env, jobId).playlist(PODCAST_PLAYLIST)
      : renderMultivariant(recordedInput(record), true);
  if (text === null) throw new TributaryError("NOT_FOUND", NO_PLAYLIST);
  return multivariant(c, text);
});
playbackRoutes.get(`/:id/:track{${CAPTIONS}}/playlist.m3u8`, async (c) => {
  const track = c.req.param("track") ?? "";
  const tracks = await captionTracks(c);
  if (!tracks.some(({ id }) => id === track)) throw notFound();
  const videoId = c.get("videoId");
  const master = await playlistText(c, videoId, MASTER_PLAYLIST);
  const first = /^#EXT-X-STREAM-INF:.*\n(.+)$/m.exec(master.text)?.[1] ?? "";
  const { text, isFinal } = await playlistText(c, videoId, first);
  return manifest(c, renderSubtitles(text), { type: PLAYLIST_TYPE, maxAgeSeconds: age(isFinal) });
});
playbackRoutes.get(`/:id/:track{${CAPTIONS}}/captions.vtt`, (c) => captions(c, null));
playbackRoutes.get(`/:id/:track{${CAPTIONS}}/:span{\\d{1,13}-\\d{1,13}\\.vtt}`, (c) => {
  const [fromMicros = 0, toMicros = 0] = (c.req.param("span") ?? "").split(/[-.]/).map(Number);
  return captions(c, { fromMicros, toMicros });
});
playbackRoutes.get("/:id/:rendition{[av][a-z0-9-]{1,20}}/:file{(playlist|iframes)\\.m3u8}", (c) =>
  firstOf(c, (videoId) =>
    playlist(c, videoId, `${c.req.param("rendition")}/${c.req.param("file")}`),
  ),
);
playbackRoutes.get("/:id/:rendition{[av][a-z0-9-]{1,20}}/:file{[a-z0-9_-]+\\.(m4s|mp4)}", (c) => {
  const path = `${c.req.param("rendition")}/${c.req.param("file")}`;
  const named = namedHashes(`/${path}`);
  if (named === null) throw notFound();
  return firstOf(c, (videoId) => object(c, videoId, path, named.md5));
});

playbackRoutes.route("/", pictureFiles);

/** The MP4, under the video's title. */
playbackRoutes.get("/:id/download.mp4", async (c) => {
  const video = await findVideo(c.env.CATALOG, c.get("videoId"));
  // A deleted video has no row. A server that was making its MP4 may still store that file.
  if (video === null) throw notFound();
  const response = await object(c, c.get("videoId"), "download.mp4", null);
  response.headers.set("content-disposition", attachmentNamed(`${video.title}.mp4`));
  return response;
});

/** The chapters as a separate file, for players that read one. */
playbackRoutes.get("/:id/chapters.vtt", async (c) => {
  const video = await findVideo(c.env.CATALOG, c.get("videoId"));
  const text = video && renderChapters(video.chapters, video.durationTicks / TICKS_PER_SECOND);
  if (text === null) throw new TributaryError("NOT_FOUND", "This video has no chapters.");
  return manifest(c, text, { type: WEBVTT_TYPE, maxAgeSeconds: 0 });
});

/**
 * A finished video for DASH players. The manifest is made from the record, which has the same objects as the playlists.
 */
playbackRoutes.get("/:id/manifest.mpd", async (c) => {
  const record = await readRecord(c.env.MEDIA, c.get("videoId"));
  if (record === null) {
    const message = "There is no DASH manifest (yet): it comes when a video is finished.";
    throw new TributaryError("NOT_FOUND", message);
  }
  const text = renderDash(recordedInput(record), await captionTracks(c), folderOf(c));
  return manifest(c, text, { type: "application/dash+xml", maxAgeSeconds: 0 });
});

const WEBVTT_TYPE = "text/vtt; charset=utf-8";
const NO_PLAYLIST = "There is no such playlist (yet).";

function recordedInput({ video, audio, segments, media: accepted }: VideoRecord): PlaylistInput {
  return { video, audio, segments, accepted, ended: true };
}

/**
 * A multivariant playlist with caption tracks. Clients have to revalidate it, because tracks may change and the video
 * may be replaced.
 */
async function multivariant(c: Context<PlaybackEnv>, text: string): Promise<Response> {
  const tracks = await captionTracks(c);
  const told = inFolder(withSubtitles(text, tracks), folderOf(c));
  return manifest(c, told, { type: PLAYLIST_TYPE, maxAgeSeconds: 0 });
}

async function playlist(c: Context<PlaybackEnv>, videoId: string, path: string): Promise<Response> {
  const { text, isFinal } = await playlistText(c, videoId, path);
  return manifest(c, text, { type: PLAYLIST_TYPE, maxAgeSeconds: age(isFinal) });
}

/** Seconds for which caches may keep a playlist. */
function age(isFinal: boolean): number {
  return isFinal ? 3600 : 0;
}

/** Playlists of a finished job are read from storage. Those of a running job are rendered by its coordinator. */
async function playlistText(
  c: Context<PlaybackEnv>,
  videoId: string,
  path: string,
): Promise<{ text: string; isFinal: boolean }> {
  const final = await finalPlaylist(c, videoId, path);
  const text = final ?? (await coordinatorOf(c.env, videoId).playlist(path));
  if (text === null) throw new TributaryError("NOT_FOUND", NO_PLAYLIST);
  return { text, isFinal: final !== null };
}

/** The stored playlist of a finished job; null while there is none. */
async function finalPlaylist(
  c: Context<PlaybackEnv>,
  videoId: string,
  path: string,
): Promise<string | null> {
  const isCached = c.get("isCached");
  // This address is only a cache key for the plain text, and serves nothing. The text is served compressed, and with
  // captions.
  const url = new URL(`/v/${videoId}/final/${path}`, c.req.url).href;
  const cached = isCached ? await fromEdgeCache(url) : null;
  if (cached !== null) return cached.text();
  const stored = await c.env.MEDIA.get(playlistKey(videoId, path));
  if (stored === null) return null;
  const text = await stored.text();
  const headers = { "content-type": "text/plain", "cache-control": "public, max-age=3600" };
  if (isCached) intoEdgeCache(url, new Response(text, { headers }), c.executionCtx);
  return text;
}

/** The caption tracks; none while the catalogue does not answer, so that the video plays without them. */
async function captionTracks(c: Context<PlaybackEnv>): Promise<SubtitleTrack[]> {
  const jobId = c.get("videoId");
  try {
    return (await listCaptions(c.env.CATALOG, jobId)).tracks;
  } catch {
    log("catalog", { jobId, end: "captions-not-read" });
    return [];
  }
}

/** A track's text. It never changes, because each text has its own track id. */
async function captions(
  c: Context<PlaybackEnv>,
  span: Parameters<typeof captionsText>[3],
): Promise<Response> {
  const text = await captionsText(c.env.MEDIA, c.get("videoId"), c.req.param("track") ?? "", span);
  if (text === null) throw notFound();
  return manifest(c, text, { type: WEBVTT_TYPE, maxAgeSeconds: 86_400 });
}

function manifest(
  c: Context<PlaybackEnv>,
  text: string,
  { type, maxAgeSeconds }: { type: string; maxAgeSeconds: number },
): Response {
  // A weak ETag, because the text is the same with and without compression (RFC 9110, 8.8.1).
  const etag = `W/"${createHash("sha256").update(text).digest("hex")}"`;
  const headers = new Headers({
    "content-type": type,
    "cache-control": maxAgeSeconds === 0 ? "no-cache" : `public, max-age=${maxAgeSeconds}`,
    vary: "accept-encoding",
    etag,
  });
  if (matches(c.req.header("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (!acceptsGzip(c.req.header("accept-encoding"))) return new Response(text, { headers });
  headers.set("content-encoding", "gzip");
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(zipped, { headers, encodeBody: "manual" });
}

/** Whether Accept-Encoding allows gzip (RFC 9110, 12.5.3). Weights are ignored except 0, which forbids it. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? "")
    .toLowerCase()
    .split(",")
    .some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding));
}
