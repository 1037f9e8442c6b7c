import { TributaryError } from "../job/errors.ts";
import type { AudioRendition, VideoRendition } from "../job/job.ts";
import {
  durationUnits,
  type PlaylistInput,
  type Published,
  published,
  unitsPerSecond,
} from "./input.ts";
import { extinfs, objectUri, PLAYLIST_VERSION, playlistText } from "./tags.ts";

/**
 * `<rendition>/playlist.m3u8` (RFC 8216, 4.3): EVENT while the job is running, VOD once the job has ended complete. The
 * playlist of a job that ended incomplete keeps the type EVENT, but gets its end tag, so that players stop reloading
 * it.
 * @throws TributaryError NOT_FOUND when the job has no such rendition
 */
export function renderMedia(input: PlaylistInput, renditionId: string): string {
  const rendition = findRendition(input, renditionId);
  const now = published(input);
  const list = now.byRendition.get(renditionId) ?? [];
  const durations = extinfs(
    list.map((accepted) => durationUnits(rendition, accepted)),
    unitsPerSecond(rendition),
  );

  const lines = mediaHead(input, now);
  let initKey: string | null = null;
  list.forEach((accepted, index) => {
    if (now.discontinuities.has(index)) lines.push("#EXT-X-DISCONTINUITY");
    if (accepted.initKey !== initKey) {
      initKey = accepted.initKey;
      lines.push(`#EXT-X-MAP:URI="${objectUri(initKey)}"`);
    }
    lines.push(durations[index] ?? "", objectUri(accepted.key));
  });
  if (now.hasEnd) lines.push("#EXT-X-ENDLIST");
  return playlistText(lines);
}

/** The tags in front of the first segment of a media playlist. An I-frame playlist adds its own tag to them. */
export function mediaHead(input: PlaylistInput, now: Published): string[] {
  return [
    "#EXTM3U",
    `#EXT-X-VERSION:${PLAYLIST_VERSION}`,
    `#EXT-X-TARGETDURATION:${now.targetSeconds}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    `#EXT-X-PLAYLIST-TYPE:${now.complete ? "VOD" : "EVENT"}`,
    "#EXT-X-INDEPENDENT-SEGMENTS",
    // Without this tag, players take a growing playlist for a live stream and begin near its end (RFC 8216, 6.3.3).
    ...(input.ended ? [] : ["#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"]),
  ];
}

/** @throws TributaryError NOT_FOUND */
export function findRendition(
  input: PlaylistInput,
  renditionId: string,
): VideoRendition | AudioRendition {
  const found = [...input.video, ...input.audio].find(({ id }) => id === renditionId);
  if (found === undefined)
    throw new TributaryError("NOT_FOUND", "This video has no such rendition.");
  return found;
}
