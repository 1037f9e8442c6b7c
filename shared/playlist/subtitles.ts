import { attributeList, quoted } from "./tags.ts";

/** A track of subtitles, as a multivariant playlist names it. */
export interface SubtitleTrack {
  /** The folder of its playlist. */
  id: string;
  language: string;
  name: string;
  isDefault: boolean;
  isForced: boolean;
}

const GROUP = "subtitles";

/**
 * Adds subtitle tracks to a multivariant playlist of ours, as one group of all variants (RFC 8216, 4.3.4.1). Tracks may
 * be added and deleted after a video is finished, so this is done at each request for the playlist.
 */
export function withSubtitles(multivariant: string, tracks: readonly SubtitleTrack[]): string {
  if (tracks.length === 0) return multivariant;
  const defaultId = tracks.find(({ isDefault }) => isDefault)?.id;
  const names = uniqueNames(tracks.map(({ name }) => name));
  const media = tracks.map(({ id, language, isForced }, index) => {
    const attributes = attributeList({
      TYPE: "SUBTITLES",
      "GROUP-ID": quoted(GROUP),
      NAME: quoted(names[index] ?? id),
      LANGUAGE: quoted(language),
      DEFAULT: id === defaultId ? "YES" : "NO",
      AUTOSELECT: "YES",
      FORCED: isForced ? "YES" : "NO",
      URI: quoted(`${id}/playlist.m3u8`),
    });
    return `#EXT-X-MEDIA:${attributes}`;
  });
  const lines = multivariant.split("\n").map((line) => {
    return line.startsWith("#EXT-X-STREAM-INF:") ? `${line},SUBTITLES=${quoted(GROUP)}` : line;
  });
  const first = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  return lines.toSpliced(first === -1 ? lines.length : first, 0, ...media).join("\n");
}

/**
 * The media playlist of a subtitle track, made from the media playlist of a rendition. It has the same segment
 * boundaries, grows with it and ends with it.
 */
export function renderSubtitles(media: string): string {
  let startMicros = 0;
  let endMicros = 0;
  const lines = media.split("\n").flatMap((line) => {
    if (/^#EXT-X-(MAP|INDEPENDENT-SEGMENTS)\b/.test(line)) return [];
    const duration = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    if (duration !== undefined) {
      startMicros = endMicros;
      endMicros += Math.round(Number(duration) * 1_000_000);
    }
    return line === "" || line.startsWith("#") ? [line] : [`${startMicros}-${endMicros}.vtt`];
  });
  return lines.join("\n");
}

/** NAME must differ within a group (RFC 8216, 4.3.4.1.1). */
export function uniqueNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; used.has(quoted(unique)); n += 1) unique = `${name} (${n})`;
    used.add(quoted(unique));
    return unique;
  });
}
