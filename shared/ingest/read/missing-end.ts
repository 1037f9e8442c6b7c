import type { InputAudioTrack, InputVideoTrack } from "mediabunny";
import { TributaryError } from "../../job/errors.ts";
import { type Notice, notice } from "../../job/notice.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { statedMatroskaBytes } from "./matroska-size.ts";
import { packetsFrom } from "./packet-reader.ts";
import { filtered, type PacketList, type PacketPlaces } from "./source-index.ts";

/**
 * Files that break off: the container states a larger size, or lists packets that are not there. Recordings that
 * are written bit by bit (fragmented mp4, Matroska) are used as far as they go, with a notice. A plain mp4 that
 * lists packets beyond its end is refused.
 */
export interface ListedTrack {
  track: InputVideoTrack | InputAudioTrack;
  packets: PacketList;
}

/**
 * Shortens the lists of packets to those that can be read.
 * @returns a notice, or null when the file is whole
 * @throws TributaryError SOURCE_TRUNCATED
 */
export async function dropMissingEnd(
  file: Blob,
  layout: IsoLayout | null,
  listed: readonly ListedTrack[],
): Promise<Notice | null> {
  let statedBytes = layout === null ? await statedMatroskaBytes(file) : layout.statedBytes;
  if (statedBytes === null && layout !== null) statedBytes = await listedBytes(file, listed);
  if (statedBytes === null || statedBytes <= file.size) return null;
  const share = Math.floor((100 * file.size) / statedBytes);
  const present = `only the first ${share} % of it are there`;
  let missing = 0;
  for (const one of listed) {
    const readable = await readablePackets(one);
    missing += one.packets.seconds.length - readable;
    if (readable < one.packets.seconds.length)
      one.packets = filtered(one.packets, (_, packet) => packet < readable);
  }
  if (layout !== null && missing === 0) {
    const message = "The file ends earlier than it says; all pictures and sound are there.";
    return notice("FILE_INCOMPLETE", message);
  }
  if (layout !== null && !layout.fragmented) {
    throw new TributaryError(
      "SOURCE_TRUNCATED",
      `The file is incomplete: ${present}. Copy or download it again.`,
    );
  }
  return notice(
    "FILE_INCOMPLETE",
    `The file is incomplete: ${present}. What is missing at its end is missing in the result.`,
  );
}

/**
 * Finds packets that are listed beyond the file's end, which can happen although all boxes are whole.
 * @returns the size that the file should have, estimated by the share of missing packets; null when none is missing
 */
async function listedBytes(file: Blob, listed: readonly ListedTrack[]): Promise<number | null> {
  let [there, all] = [0, 0];
  for (const one of listed) {
    all += one.packets.seconds.length;
    there += await readablePackets(one);
  }
  return there === all ? null : Math.ceil((file.size * all) / Math.max(1, there)) + 1;
}

/** How many packets, from the first on, are really there. Packets lie in the file in this order. */
async function readablePackets({ track, packets }: ListedTrack): Promise<number> {
  const { seconds } = packets;
  const places = { packetSeconds: packets.places, packetNumbers: packets.numbers };
  if (seconds.length === 0 || (await isReadable(track, places, seconds.length - 1))) {
    return seconds.length;
  }
  let low = 0;
  let high = seconds.length - 1;
  while (low < high) {
    const between = (low + high) >> 1;
    if (await isReadable(track, places, between)) low = between + 1;
    else high = between;
  }
  return low;
}

async function isReadable(
  track: ListedTrack["track"],
  places: PacketPlaces,
  packet: number,
): Promise<boolean> {
  try {
    for await (const one of packetsFrom(track, places, packet, packet + 1)) {
      return one.data.length === one.byteLength;
    }
    return false;
  } catch {
    return false;
  }
}
