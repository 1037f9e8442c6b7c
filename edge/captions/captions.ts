import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { readOwnWebvtt, writeSegment, writeWebvtt } from "../../shared/captions/webvtt.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { canonicalLanguage, languageName } from "../../shared/job/language.ts";
import { captionsKey } from "../../shared/job/object-keys.ts";
import type { TrimRequest } from "../../shared/job/trim.ts";
import { log } from "../../shared/log.ts";
import type { Captions, CaptionsList, newCaptionsSchema } from "../../shared/wire/captions.ts";
import {
  addCaptions,
  type CaptionsRow,
  listCaptions,
  removeCaptions,
} from "../catalog/captions.ts";
import { findVideoTicks } from "../catalog/videos.ts";
import { readCaptions } from "./read-captions.ts";

/** Captions of videos: rows in the catalogue, texts in storage. */

const VTT_TYPE = "text/vtt; charset=utf-8";

/** @param origin origin of the site, for the tracks' addresses */
export async function captionsOf(
  env: Cloudflare.Env,
  videoId: string,
  origin: string,
): Promise<CaptionsList> {
  const { tracks, sourceTracks } = await listCaptions(env.CATALOG, videoId);
  return { captions: tracks.map((track) => told(track, videoId, origin)), sourceTracks };
}

/**
 * Reads a captions file and stores it. A track of the source that exists already is not changed.
 * @throws TributaryError CAPTIONS_INVALID, CAPTIONS_FULL
 */
export async function saveCaptions(
  env: Cloudflare.Env,
  videoId: string,
  sent: z.output<typeof newCaptionsSchema>,
  origin: string,
): Promise<Captions> {
  const { offsetSeconds, trim, isDefault, isForced, sourceTrack = null } = sent;
  const ticks = await findVideoTicks(env.CATALOG, videoId);
  const { cues, notices } = readCaptions(sent.text, sent.format, {
    offsetMs: 1000 * offsetSeconds,
    endMs: ticks === null || ticks === 0 ? null : (1000 * ticks) / TICKS_PER_SECOND,
    part: trim && partOf(trim),
  });
  const language = canonicalLanguage(sent.language);
  const track: CaptionsRow = {
    id: newCaptionsId(),
    language,
    name: (sent.name || languageName(language)) ?? "Subtitles",
    isDefault,
    isForced,
    cues: cues.length,
    sourceTrack,
    createdAtMs: Date.now(),
    notices,
  };
  const key = captionsKey(videoId, track.id);
  // The text is stored before its row, so that no row names a missing text.
  await env.MEDIA.put(key, writeWebvtt(cues), { httpMetadata: { contentType: VTT_TYPE } });
  if (!(await addCaptions(env.CATALOG, videoId, track))) {
    await env.MEDIA.delete(key);
    const { tracks } = await listCaptions(env.CATALOG, videoId);
    const there = tracks.find((each) => each.sourceTrack === sourceTrack);
    if (sourceTrack !== null && there !== undefined) return told(there, videoId, origin);
    throw new TributaryError(
      "CAPTIONS_FULL",
      "The video has as many tracks as it may, or its owner deleted this one.",
    );
  }
  log("captions", { jobId: videoId, id: track.id, language, cues: track.cues });
  return told(track, videoId, origin);
}

function partOf({ startSeconds = 0, endSeconds = Number.POSITIVE_INFINITY }: TrimRequest) {
  return { startMs: 1000 * startSeconds, endMs: 1000 * endSeconds };
}

/** @throws TributaryError NOT_FOUND */
export async function deleteCaptions(
  env: Cloudflare.Env,
  videoId: string,
  id: string,
): Promise<void> {
  if (!(await removeCaptions(env.CATALOG, videoId, id, Date.now()))) {
    throw new TributaryError("NOT_FOUND", "The video has no such captions.");
  }
  await env.MEDIA.delete(captionsKey(videoId, id));
  log("delete-captions", { jobId: videoId, id });
}

/**
 * A track as WebVTT, or the part of it for one segment.
 * @param span span of a segment, in microseconds; null for the whole track
 * @returns null where there is no such track
 */
export async function captionsText(
  bucket: R2Bucket,
  videoId: string,
  id: string,
  span: { fromMicros: number; toMicros: number } | null,
): Promise<string | null> {
  const stored = await bucket.get(captionsKey(videoId, id));
  if (stored === null) return null;
  const text = await stored.text();
  if (span === null) return text;
  return writeSegment(readOwnWebvtt(text), span.fromMicros / 1000, span.toMicros / 1000);
}

function told(track: CaptionsRow, videoId: string, origin: string): Captions {
  return { ...track, url: `${origin}/v/${videoId}/${track.id}/captions.vtt` };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function newCaptionsId(): string {
  return `s${Array.from(randomBytes(8), (byte) => ALPHABET[byte % 32]).join("")}`;
}
