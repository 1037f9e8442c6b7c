/**
 * RFC 8216, section 7: EXT-X-MAP outside I-frame playlists needs version 6. Nothing here needs a higher version, and
 * clients refuse playlists of a higher version than their own.
 */
export const PLAYLIST_VERSION = 6;

/** The parts of an AttributeList (RFC 8216, 4.2); undefined ones are left out. */
export function attributeList(attributes: Record<string, string | number | undefined>): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/**
 * A quoted-string holds no line breaks or double quotes, and has no escape sequences (RFC 8216, 4.2). Single quotes are
 * replaced, too: some parsers (hls-parser) take one for an opening quote.
 */
export function quoted(text: string): string {
  const straight = text.replaceAll(/["']/g, "\u2019");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const clean = straight.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ");
  return `"${clean.trim()}"`;
}

/**
 * Durations as EXTINF tags, to the microsecond. Each is the difference of two rounded times, not a rounded difference.
 * So the sum over any run of segments is within a microsecond of the true duration.
 */
export function extinfs(units: readonly number[], unitsPerSecond: number): string[] {
  let end = 0;
  let endMicros = 0;
  return units.map((duration) => {
    end += duration;
    const startMicros = endMicros;
    endMicros = Math.round((end * 1_000_000) / unitsPerSecond);
    return `#EXTINF:${((endMicros - startMicros) / 1_000_000).toFixed(6)},`;
  });
}

/** Lines of a playlist as text; every line ends with a line feed. */
export function playlistText(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** Address of an object, relative to the media playlist of its rendition. Both lie in the same folder. */
export function objectUri(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
