import { keyFrameSample } from "../../shared/cmaf/key-frame.ts";
import { readInit } from "../../shared/cmaf/read-init.ts";
import { readAvcConfig } from "../../shared/h264/avc-config.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { type CodedVideo, codedMedia, decodeFrames } from "../encoder/pictures/decode-frames.ts";
import { type MediaPart, type PictureRendition, partsOf, renditionsOf } from "./playlists.ts";

/** Reads single pictures of a video from its accepted segments, upright and with square pixels, as viewers see them. */

/** Number of key frames that are fetched and decoded at a time. */
const AT_ONCE = 12;
/** Most pictures of a segment: at most 60 a second for some 12 s, with a margin. */
const MOST_SAMPLES = 2_000;

/** Reader of one video. */
export interface VideoReader {
  masterUrl: string;
  /** The owner's token, which a private video needs; null where this browser does not have it. */
  ownerToken: string | null;
  signal: AbortSignal;
}

export interface VideoPictures {
  /** Smallest rendition first. */
  renditions: PictureRendition[];
  /** Key frames of the smallest rendition, with the time until the next one. */
  keyFrames: MediaPart[];
  segments: MediaPart[];
}

/** @throws TributaryError NOT_FOUND where no segment has been accepted yet, ENGINE_UNAVAILABLE, NETWORK */
export async function openPictures(reader: VideoReader): Promise<VideoPictures> {
  if (!("VideoDecoder" in globalThis) || !("OffscreenCanvas" in globalThis)) {
    const message = "This browser does not let pages read pictures of a video.";
    throw new TributaryError("ENGINE_UNAVAILABLE", message);
  }
  const { masterUrl } = reader;
  const renditions = renditionsOf(await text(reader, masterUrl), masterUrl);
  const [smallest] = renditions;
  if (smallest === undefined) throw new TributaryError("NOT_FOUND", "There are no pictures (yet).");
  const [keyFrames, segments] = await Promise.all([
    entries(reader, smallest.keyFramesUrl),
    entries(reader, smallest.mediaUrl),
  ]);
  return { renditions, keyFrames, segments };
}

/** Fetches a playlist; see `partsOf`. */
export async function entries(reader: VideoReader, url: string): Promise<MediaPart[]> {
  return partsOf(await text(reader, url), url);
}

/**
 * Decodes key frames one after the other.
 * @param take draws a frame, which is closed afterwards
 * @throws TributaryError DECODE_FAILED, WORKER_STALLED, OUTPUT_INVALID, NETWORK
 */
export async function eachKeyFrame(
  reader: VideoReader,
  keyFrames: readonly MediaPart[],
  take: (frame: VideoFrame, keyFrame: MediaPart, index: number) => void,
): Promise<void> {
  for (let from = 0; from < keyFrames.length; from += AT_ONCE) {
    const some = keyFrames.slice(from, from + AT_ONCE);
    const [inits, samples] = await Promise.all([initsOf(reader, some), fetchAll(reader, some)]);
    let at = 0;
    // Older videos have one init segment for each engine, and each init segment needs a decoder of its own.
    for (const run of runsBy(some, ({ initUrl }) => initUrl)) {
      const coded = codedKeyFrames(
        inits.get(run[0]?.initUrl ?? ""),
        samples.slice(at, at + run.length),
      );
      let shown = 0;
      for await (const frame of decodeFrames(coded, async (each) => each.clone())) {
        const keyFrame = run[shown];
        if (keyFrame !== undefined) take(frame, keyFrame, from + at + shown);
        frame.close();
        shown += 1;
      }
      at += run.length;
    }
  }
}

/**
 * Decodes all pictures of a segment in order.
 * @param take draws a frame that begins at `seconds` of the video; the frame is closed afterwards
 * @throws TributaryError as `eachKeyFrame`
 */
export async function eachPicture(
  reader: VideoReader,
  segment: MediaPart,
  take: (frame: VideoFrame, seconds: number) => void,
): Promise<void> {
  const [init, bytes] = await Promise.all([
    fetchPart(reader, { ...segment, url: segment.initUrl, range: null }),
    fetchPart(reader, segment),
  ]);
  const coded = codedMedia(init, [{ bytes, frames: MOST_SAMPLES }]);
  for await (const frame of decodeFrames(coded, async (each) => each.clone())) {
    take(frame, frame.timestamp / 1e6);
    frame.close();
  }
}

function codedKeyFrames(init: Uint8Array | undefined, parts: readonly Uint8Array[]): CodedVideo {
  const { config: description } = readInit(init ?? new Uint8Array());
  const { codec } = readAvcConfig(description);
  const packets = parts.map((bytes, index) => {
    const data = keyFrameSample(bytes);
    return new EncodedVideoChunk({ type: "key", timestamp: 1e6 * index, data });
  });
  return { config: { codec, description }, packets };
}

async function initsOf(
  reader: VideoReader,
  parts: readonly MediaPart[],
): Promise<Map<string, Uint8Array>> {
  const urls = [...new Set(parts.map(({ initUrl }) => initUrl))];
  const whole = urls.map((url) => ({ url, range: null }));
  const inits = await fetchAll(reader, whole);
  return new Map(urls.map((url, index) => [url, inits[index] as Uint8Array]));
}

function fetchAll(
  reader: VideoReader,
  parts: readonly Pick<MediaPart, "url" | "range">[],
): Promise<Uint8Array[]> {
  return Promise.all(parts.map((part) => fetchPart(reader, part)));
}

async function fetchPart(
  reader: VideoReader,
  { url, range }: Pick<MediaPart, "url" | "range">,
): Promise<Uint8Array> {
  const asked: Record<string, string> =
    range === null ? {} : { range: `bytes=${range.offset}-${range.offset + range.size - 1}` };
  const response = await asking(reader, url, asked);
  return new Uint8Array(await response.arrayBuffer());
}

async function text(reader: VideoReader, url: string): Promise<string> {
  return (await asking(reader, url, {})).text();
}

async function asking(
  { ownerToken, signal }: VideoReader,
  url: string,
  headers: Record<string, string>,
): Promise<Response> {
  const authorization: Record<string, string> =
    ownerToken === null ? {} : { authorization: `Bearer ${ownerToken}` };
  const init = { headers: { ...headers, ...authorization }, signal };
  const response = await fetch(url, init).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new TributaryError("NETWORK", "The site could not be reached.", { cause });
  });
  if (response.ok) return response;
  const code = response.status === 404 ? "NOT_FOUND" : "NETWORK";
  throw new TributaryError(code, `The site answered with status ${response.status}.`);
}

/** Groups neighbours that have the same key. */
function runsBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const runs: T[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last?.[0] !== undefined && keyOf(last[0]) === keyOf(item)) last.push(item);
    else runs.push([item]);
  }
  return runs;
}
