/**
 * RFC 8216, section 7: EXT-X-MAP outside I-frame playlists needs version 6. Nothing here needs more,
 * and a client refuses what is above its own version.
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
 * A quoted-string must not hold line breaks or double quotes, and knows no escape (RFC 8216, 4.2). Some readers
 * (hls-parser) take a single quote for one that opens.
 */
export function quoted(text: string): string {
  const straight = text.replaceAll(/["']/g, "\u2019");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const clean = straight.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ");
  return `"${clean.trim()}"`;
}

/**
 * Durations as EXTINF texts, to the microsecond. Each is the difference of two rounded times, not a
 * rounded difference: so the sum of any run is within a microsecond of the truth, however long.
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

/** Address of an object in the playlist of its rendition: they lie in the same folder. */
export function objectUri(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
