import { invalid, readBoxHeader } from "../isobmff/box.ts";

/**
 * Finds a fragment's first sample.
 * @param bytes the range that an I-frame playlist names: the moof, the header of the mdat, and that sample
 * @throws TributaryError OUTPUT_INVALID
 */
export function keyFrameSample(bytes: Uint8Array): Uint8Array {
  const moof = readBoxHeader(bytes, 0, bytes.length);
  const mdatAt = moof?.type === "moof" ? moof.sizeBytes : bytes.length;
  const mdat = readBoxHeader(bytes, mdatAt, bytes.length - mdatAt);
  const start = mdatAt + (mdat?.headerBytes ?? 0);
  if (mdat?.type !== "mdat" || start >= bytes.length) {
    throw invalid("Not the beginning of a fragment with its first sample.");
  }
  return bytes.subarray(start);
}
