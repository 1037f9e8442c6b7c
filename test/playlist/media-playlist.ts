import { parse } from "hls-parser";

/** A media playlist (RFC 8216, 4.3.3) as a player reads it. @throws Error for any other text */
export function parseMediaPlaylist(text: string) {
  const playlist = parse(text);
  if (playlist.isMasterPlaylist) throw new Error("This is a multivariant playlist.");
  return playlist;
}

type MediaPlaylist = ReturnType<typeof parseMediaPlaylist>;

/** Positions of the segments before which the playlist marks a discontinuity. */
export function discontinuities({ segments }: MediaPlaylist): number[] {
  return segments.flatMap(({ discontinuity }, index) => (discontinuity === true ? index : []));
}

/** Addresses of the init segments, each once. */
export function initUris({ segments }: MediaPlaylist): string[] {
  return [...new Set(segments.flatMap(({ map }) => map?.uri ?? []))];
}
