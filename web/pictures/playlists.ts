/** Reads a video's renditions and segments from its playlists, which our own code writes. */

/** An entry of a playlist: a segment, or a key frame of one. */
export interface MediaPart {
  startSeconds: number;
  endSeconds: number;
  url: string;
  initUrl: string;
  /** Null: the whole file. */
  range: { offset: number; size: number } | null;
}

export interface PictureRendition {
  width: number;
  height: number;
  /** Addresses of the rendition's I-frame playlist and of its media playlist. */
  keyFramesUrl: string;
  mediaUrl: string;
}

/** The video's renditions that have an I-frame playlist, the smallest first. */
export function renditionsOf(master: string, masterUrl: string): PictureRendition[] {
  const lines = [...master.matchAll(/^#EXT-X-I-FRAME-STREAM-INF:(.*)$/gm)].map(
    ([, line = ""]) => line,
  );
  return lines
    .flatMap((attributes) => {
      const [, width, height] = /RESOLUTION=(\d+)x(\d+)/.exec(attributes) ?? [];
      const uri = /URI="([^"]+)"/.exec(attributes)?.[1];
      if (uri === undefined || width === undefined || height === undefined) return [];
      const keyFramesUrl = new URL(uri, masterUrl).href;
      const mediaUrl = new URL("playlist.m3u8", keyFramesUrl).href;
      return [{ width: Number(width), height: Number(height), keyFramesUrl, mediaUrl }];
    })
    .sort((a, b) => a.width * a.height - b.width * b.height);
}

/** Entries of a media playlist or an I-frame playlist, in order. */
export function partsOf(playlist: string, playlistUrl: string): MediaPart[] {
  const parts: MediaPart[] = [];
  let initUrl = "";
  let at = 0;
  let seconds = 0;
  let range: MediaPart["range"] = null;
  for (const line of playlist.split("\n")) {
    const [, map] = /^#EXT-X-MAP:.*URI="([^"]+)"/.exec(line) ?? [];
    const [, duration] = /^#EXTINF:([\d.]+)/.exec(line) ?? [];
    const [, size, offset] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(line) ?? [];
    if (map !== undefined) initUrl = new URL(map, playlistUrl).href;
    if (duration !== undefined) seconds = Number(duration);
    if (size !== undefined) range = { offset: Number(offset), size: Number(size) };
    if (line === "" || line.startsWith("#")) continue;
    const url = new URL(line, playlistUrl).href;
    parts.push({ startSeconds: at, endSeconds: at + seconds, url, initUrl, range });
    at += seconds;
    range = null;
  }
  return parts;
}
