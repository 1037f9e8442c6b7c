import { only, readBoxes, readChildren } from "../../isobmff/box.ts";
import { readSampleCount } from "../../isobmff/headers.ts";
import { TributaryError } from "../../job/errors.ts";

/** Number of packets in the chunk's only track. @throws TributaryError CHUNK_UNREADABLE when it is not MP4 */
export function countChunkPackets(chunk: Uint8Array): number {
  try {
    const moov = readChildren(chunk, only(readBoxes(chunk), "moov"));
    const trak = moov.find((box) => box.type === "trak");
    if (trak === undefined) return 0;
    const mdia = readChildren(chunk, only(readChildren(chunk, trak), "mdia"));
    const stbl = readChildren(chunk, only(readChildren(chunk, only(mdia, "minf")), "stbl"));
    return readSampleCount(chunk, only(stbl, "stsz"));
  } catch (cause) {
    throw chunkUnreadable(cause);
  }
}

export function chunkUnreadable(cause?: unknown): TributaryError {
  return new TributaryError("CHUNK_UNREADABLE", "A piece of the source cannot be read.", { cause });
}
