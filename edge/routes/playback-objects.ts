import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { playlistKey } from "../../shared/job/object-keys.ts";
import {
  type ByteRange,
  isUnsatisfiable,
  objectAnswer,
  parseRange,
  rangeWithin,
} from "../http/byte-range.ts";
import { fromEdgeCache, intoEdgeCache, partFromEdgeCache } from "../storage/edge-cache.ts";
import { notFound, type PlaybackEnv } from "./playback-address.ts";

/**
 * Serves an object whose name has its hashes, so that its content never changes. An object that was replaced in storage
 * by other means is never served.
 * @param md5 expected ETag, in hexadecimal, from the name; null where the name has none
 */
export async function object(
  c: Context<PlaybackEnv>,
  videoId: string,
  path: string,
  md5: string | null,
): Promise<Response> {
  if (md5 === null || !c.get("isCached")) return storedObject(c, videoId, path, md5);
  const { pathname, origin } = new URL(c.req.url);
  const url = origin + pathname;
  const cached = await cachedObject(c, url, md5);
  if (cached !== null) return cached;
  const response = await storedObject(c, videoId, path, md5);
  if (c.req.method === "GET" && response.status === 200) {
    intoEdgeCache(url, response, c.executionCtx);
  }
  return response;
}

/** The same answer as from `storedObject`, but from the cache; null where the cache does not have it. */
async function cachedObject(
  c: Context<PlaybackEnv>,
  url: string,
  md5: string,
): Promise<Response | null> {
  const whole = await fromEdgeCache(url);
  if (whole === null) return null;
  const headers = new Headers(whole.headers);
  const sizeBytes = Number(headers.get("content-length"));
  if (matches(c.req.header("if-none-match"), `"${md5}"`)) {
    await whole.body?.cancel();
    headers.delete("content-length");
    return new Response(null, { status: 304, headers });
  }
  const range = await wantedRange(c, "", md5);
  if (range === null) return new Response(c.req.method === "HEAD" ? null : whole.body, { headers });
  await whole.body?.cancel();
  if (isUnsatisfiable(range, sizeBytes)) return null;
  const { first, last } = rangeWithin(range, sizeBytes);
  const part = await partFromEdgeCache(url, { first, last });
  return part && new Response(part.body, part);
}

async function storedObject(
  c: Context<PlaybackEnv>,
  videoId: string,
  path: string,
  md5: string | null,
): Promise<Response> {
  const key = playlistKey(videoId, path);
  const headers = new Headers({
    "content-type": path.endsWith(".mp4") ? "video/mp4" : "video/iso.segment",
    "cache-control": "public, max-age=31536000, immutable",
    "accept-ranges": "bytes",
  });
  const range = await wantedRange(c, key, md5);
  const ifNoneMatch = c.req.header("if-none-match");
  const onlyIf = new Headers(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch });
  if (md5 !== null) onlyIf.set("if-match", `"${md5}"`);
  let stored: R2Object | R2ObjectBody | null;
  try {
    stored = await c.env.MEDIA.get(key, { onlyIf, ...(range === null ? {} : { range }) });
  } catch (cause) {
    // When R2 refuses a range, it does not return the object's size, which the answer 416 needs.
    const head = range === null ? null : await c.env.MEDIA.head(key);
    if (range === null || head === null || !isUnsatisfiable(range, head.size)) throw cause;
    assertNamed(head, md5);
    headers.set("content-range", `bytes */${head.size}`);
    headers.set("cache-control", "no-store");
    return new Response(null, { status: 416, headers });
  }
  if (stored === null) throw notFound();
  assertNamed(stored, md5);
  headers.set("etag", stored.httpEtag);
  // R2 returned no body: the client's copy is still valid.
  if (!("body" in stored)) return new Response(null, { status: 304, headers });
  return objectAnswer(stored, range, headers);
}

/** @throws TributaryError OBJECT_REPLACED */
function assertNamed({ etag }: R2Object, md5: string | null): void {
  if (md5 === null || etag === md5) return;
  throw new TributaryError("OBJECT_REPLACED", "This part of the video was replaced in storage.");
}

/** The range that is requested; null for the whole object. */
async function wantedRange(
  c: Context<PlaybackEnv>,
  key: string,
  md5: string | null,
): Promise<ByteRange | null> {
  // Ranges are only for GET (RFC 9110, 14.2). With If-Range, a range of another version is ignored (13.1.5).
  const range = c.req.method === "GET" ? parseRange(c.req.header("range")) : null;
  const ifRange = c.req.header("if-range");
  if (range === null || ifRange === undefined) return range;
  const etag = md5 === null ? (await c.env.MEDIA.head(key))?.httpEtag : `"${md5}"`;
  return etag === ifRange ? range : null;
}

/** Whether If-None-Match has an ETag, by weak comparison with any tag in its list (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag.replace(/^W\//, "")) || tags.includes("*");
}
