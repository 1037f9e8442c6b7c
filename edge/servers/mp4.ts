import { parse } from "hls-parser";
import { TributaryError } from "../../shared/job/errors.ts";
import { playlistKey } from "../../shared/job/object-keys.ts";
import type { AssembleRequest } from "../../shared/wire/container.ts";
import { OWN_EXPIRES_SECONDS, presignGet, presignOwnPut } from "../storage/presign.ts";

/** The single-file download of a finished video. */

export function mp4Key(videoId: string): string {
  return playlistKey(videoId, "download.mp4");
}

/**
 * What a server needs to make it: the best rendition that has one init segment throughout, and the
 * first sound.
 * @throws TributaryError NOT_FOUND, SOURCE_UNSUPPORTED when no rendition can be one file
 */
export async function assembleRequest(
  env: Cloudflare.Env,
  jobId: string,
  origin: string,
): Promise<AssembleRequest> {
  const master = await playlistAt(env, playlistKey(jobId, "master.m3u8"));
  const variants = master.isMasterPlaylist ? master.variants : [];
  const best = variants
    .filter(({ isIFrameOnly }) => isIFrameOnly !== true)
    .sort((a, b) => b.bandwidth - a.bandwidth);
  for (const { uri, audio: sounds } of best) {
    const video = await track(env, jobId, origin, uri);
    if (video === null) continue;
    const audioUri = sounds[0]?.uri;
    const audio = audioUri === undefined ? null : await track(env, jobId, origin, audioUri);
    const output = await presignOwnPut(env, origin, mp4Key(jobId), "video/mp4");
    return { jobId, video, audio, output };
  }
  const message = "This video was made by different encoders, and cannot be joined to one file.";
  throw new TributaryError("SOURCE_UNSUPPORTED", message);
}

/** Null when its init segment changes on the way. */
async function track(
  env: Cloudflare.Env,
  jobId: string,
  origin: string,
  uri: string,
): Promise<AssembleRequest["video"] | null> {
  const base = new URL(uri, `https://base/v/${jobId}/`);
  const playlist = await playlistAt(env, base.pathname.slice(1));
  const segments = playlist.isMasterPlaylist ? [] : playlist.segments;
  const [init, ...others] = new Set(segments.map(({ map }) => map?.uri));
  if (init === undefined || others.length > 0) return null;
  const sign = (to: string): Promise<string> =>
    presignGet(env, origin, new URL(to, base).pathname.slice(1), OWN_EXPIRES_SECONDS);
  return {
    init: await sign(init),
    media: await Promise.all(segments.map((each) => sign(each.uri))),
  };
}

async function playlistAt(env: Cloudflare.Env, key: string) {
  const object = await env.MEDIA.get(key);
  if (object === null) throw new TributaryError("NOT_FOUND", "The video is not finished.");
  return parse(await object.text());
}
