import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { M3U8Parser } from "hls.js";

/** A video copied to disk, with its playlists as hls.js parses them. */
export interface PlaylistFolder {
  masterPath: string;
  video: MediaPlaylist[];
  /** Audio playlists of the variants' group, with the default one first. */
  audio: MediaPlaylist[];
}

export interface MediaPlaylist {
  path: string;
  /** Rendition id: the folder's name. */
  name: string;
  width: number;
  height: number;
  /** Durations in seconds, from EXTINF. */
  durations: number[];
  /** Path of each media segment. */
  segments: string[];
  /** Path of the init segment of each media segment. */
  inits: string[];
}

// hls.js needs absolute addresses. Nothing is requested from this one.
const ORIGIN = "https://folder.test/";

/** @throws Error where hls.js cannot parse a playlist, or where one has no end */
export async function readPlaylistFolder(dir: string): Promise<PlaylistFolder> {
  const masterPath = join(dir, "master.m3u8");
  const text = await readFile(masterPath, "utf8");
  const parsed = M3U8Parser.parseMasterPlaylist(text, `${ORIGIN}master.m3u8`);
  if (parsed.playlistParsingError) throw parsed.playlistParsingError;
  const { AUDIO = [] } = M3U8Parser.parseMasterPlaylistMedia(text, `${ORIGIN}master.m3u8`, parsed);
  const video = parsed.levels.map(({ url, width = 0, height = 0 }) =>
    readMedia(dir, url, width, height),
  );
  const audio = [...AUDIO]
    .sort((a, b) => Number(b.default) - Number(a.default))
    .map(({ url }) => readMedia(dir, url, 0, 0));
  return { masterPath, video: await Promise.all(video), audio: await Promise.all(audio) };
}

async function readMedia(
  dir: string,
  url: string,
  width: number,
  height: number,
): Promise<MediaPlaylist> {
  const pathOf = (address: string) => join(dir, address.slice(ORIGIN.length));
  const path = pathOf(url);
  const text = await readFile(path, "utf8");
  const details = M3U8Parser.parseLevelPlaylist(text, url, 0, "main" as never, 0, null);
  if (details.playlistParsingError) throw details.playlistParsingError;
  if (details.live) throw new Error(`${path} has no end.`);
  return {
    path,
    name: dirname(path).slice(dir.length).replaceAll("/", ""),
    width,
    height,
    durations: details.fragments.map(({ duration }) => duration),
    segments: details.fragments.map((fragment) => pathOf(fragment.url)),
    inits: details.fragments.map(({ initSegment }) => pathOf(initSegment?.url ?? "")),
  };
}
