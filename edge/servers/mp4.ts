import { parse } from "hls-parser";
import { TributaryError } from "../../shared/job/errors.ts";
import { playlistKey } from "../../shared/job/object-keys.ts";
import type { AssembleRequest } from "../../shared/wire/container.ts";
import { OWN_EXPIRES_SECONDS, presignGet, presignOwnPut } from "../storage/presign.ts";
import { readRecord, type VideoRecord } from "../storage/video-record.ts";

/** The single-file download of a finished video. */

export function mp4Key(videoId: string): string {
  return playlistKey(videoId, "download.mp4");
}

/** Keys of a rendition's objects. */
interface Track {
  init: string;
  media: string[];
}

/**
 * A request to a server for an MP4 file. It has the best rendition with a single init segment, and the first audio.
 * @throws TributaryError NOT_FOUND, SOURCE_UNSUPPORTED when every rendition has several init segments
 */
export async function assembleRequest(
  env: Cloudflare.Env,
  jobId: string,
  origin: string,
): Promise<AssembleRequest> {
  const record = await readRecord(env.MEDIA, jobId);
  const { video, audio } =
    record === null ? await playlistTracks(env, jobId) : recordedTracks(record);
  if (video === null) {
    const message = "This video was made by different encoders, and cannot be joined to one file.";
    throw new TributaryError("SOURCE_UNSUPPORTED", message);
  }
  const sign = (key: string) => presignGet(env, origin, key, OWN_EXPIRES_SECONDS);
  const signed = async ({ init, media }: Track) => {
    return { init: await sign(init), media: await Promise.all(media.map(sign)) };
  };
  return {
    jobId,
    video: await signed(video),
    audio: audio === null ? null : await signed(audio),
    output: await presignOwnPut(env, origin, mp4Key(jobId), "video/mp4"),
  };
}

/** The best video and the first audio rendition; null where there is none with a single init segment. */
interface Tracks {
  video: Track | null;
  audio: Track | null;
}

function recordedTracks({ video, audio, media }: VideoRecord): Tracks {
  const trackOf = ({ id }: { id: string }): Track[] => {
    const own = media.filter(({ rendition }) => rendition === id);
    const [init, ...others] = new Set(own.map(({ initKey }) => initKey));
    if (init === undefined || others.length > 0) return [];
    return [{ init, media: own.sort((a, b) => a.segment - b.segment).map(({ key }) => key) }];
  };
  const best = [...video].sort((a, b) => b.height - a.height || b.bitsPerSecond - a.bitsPerSecond);
  return {
    video: best.flatMap(trackOf)[0] ?? null,
    audio: audio.slice(0, 1).flatMap(trackOf)[0] ?? null,
  };
}

/** Tracks of a video that was finished before there were records. */
async function playlistTracks(env: Cloudflare.Env, jobId: string): Promise<Tracks> {
  const master = await playlistAt(env, playlistKey(jobId, "master.m3u8"));
  const variants = master.isMasterPlaylist ? master.variants : [];
  const best = variants
    .filter(({ isIFrameOnly }) => isIFrameOnly !== true)
    .sort((a, b) => b.bandwidth - a.bandwidth);
  for (const { uri, audio: sounds } of best) {
    const video = await playlistTrack(env, jobId, uri);
    if (video === null) continue;
    const sound = sounds[0]?.uri;
    const audio = sound === undefined ? null : await playlistTrack(env, jobId, sound);
    return { video, audio };
  }
  return { video: null, audio: null };
}

async function playlistTrack(
  env: Cloudflare.Env,
  jobId: string,
  uri: string,
): Promise<Track | null> {
  const base = new URL(uri, `https://base/v/${jobId}/`);
  const playlist = await playlistAt(env, base.pathname.slice(1));
  const segments = playlist.isMasterPlaylist ? [] : playlist.segments;
  const [init, ...others] = new Set(segments.map(({ map }) => map?.uri));
  if (init === undefined || others.length > 0) return null;
  const keyOf = (to: string): string => new URL(to, base).pathname.slice(1);
  return { init: keyOf(init), media: segments.map(({ uri: each }) => keyOf(each)) };
}

async function playlistAt(env: Cloudflare.Env, key: string) {
  const object = await env.MEDIA.get(key);
  if (object === null) throw new TributaryError("NOT_FOUND", "The video is not finished.");
  return parse(await object.text());
}
