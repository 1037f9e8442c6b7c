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
  const master = await text(env, playlistKey(jobId, "master.m3u8"));
  const variants = [...master.matchAll(/#EXT-X-STREAM-INF:[^\n]*BANDWIDTH=(\d+)[^\n]*\n([^\n]+)/g)]
    .map(([, bandwidth, uri = ""]) => ({ bandwidth: Number(bandwidth), uri }))
    .sort((a, b) => b.bandwidth - a.bandwidth);
  const audioUri = /#EXT-X-MEDIA:TYPE=AUDIO[^\n]*URI="([^"]+)"/.exec(master)?.[1];
  for (const { uri } of variants) {
    const video = await track(env, jobId, origin, uri);
    if (video === null) continue;
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
  const playlist = await text(env, base.pathname.slice(1));
  const inits = new Set([...playlist.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].map(([, to]) => to));
  const [init] = inits;
  if (init === undefined || inits.size > 1) return null;
  const media = playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const sign = (to: string): Promise<string> =>
    presignGet(env, origin, new URL(to, base).pathname.slice(1), OWN_EXPIRES_SECONDS);
  return { init: await sign(init), media: await Promise.all(media.map(sign)) };
}

async function text(env: Cloudflare.Env, key: string): Promise<string> {
  const object = await env.MEDIA.get(key);
  if (object === null) throw new TributaryError("NOT_FOUND", "The video is not finished.");
  return object.text();
}
