/** Start-of-frame markers of the JPEGs that every browser shows: baseline, extended and progressive. */
const FRAME_MARKERS = [0xc0, 0xc1, 0xc2];

/**
 * The size of a JPEG in pixels, from its header (ITU-T T.81, Annex B). Nothing is decoded.
 * @returns null for any other file, and for a JPEG whose end is missing or followed by other bytes
 */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | null {
  const u16 = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const last = bytes.length - 2;
  if (bytes.length < 4 || u16(0) !== 0xffd8 || u16(last) !== 0xffd9) return null;
  let at = 2;
  while (at + 4 <= last) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = u16(at + 2);
    if (FRAME_MARKERS.includes(marker)) {
      const [height, width] = [u16(at + 5), u16(at + 7)];
      return length >= 8 && width > 0 && height > 0 ? { width, height } : null;
    }
    // Start of scan before any frame header, or an invalid length.
    if (marker === 0xda || length < 2) return null;
    at += 2 + length;
  }
  return null;
}
