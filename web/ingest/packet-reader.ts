import {
  type EncodedPacket,
  EncodedPacketSink,
  type InputAudioTrack,
  type InputVideoTrack,
} from "mediabunny";
import { unreadable } from "./cut-piece.ts";

/**
 * Packets by their position in decode order.
 * @throws TributaryError CHUNK_UNREADABLE when the file does not hold what the index says
 */
export async function* packetsFrom(
  track: InputVideoTrack | InputAudioTrack,
  packetSeconds: Float64Array,
  first: number,
  end: number,
): AsyncGenerator<EncodedPacket> {
  const sink = new EncodedPacketSink(track);
  const wanted = packetSeconds[first] ?? 0;
  // Packets of one time (lacing): the demuxer finds the last of them, so start before and skip.
  let from = first;
  while (from > 0 && packetSeconds[from - 1] === wanted) from--;
  let start = from === first ? await sink.getPacket(wanted) : null;
  if (start === null || start.timestamp !== wanted) {
    from = Math.max(0, from - 1);
    start =
      from === 0 ? await sink.getFirstPacket() : await sink.getPacket(packetSeconds[from] ?? 0);
  }
  if (start === null || start.timestamp !== packetSeconds[from]) {
    throw unreadable("The packets are not where they were when the file was opened.");
  }
  let at = from;
  for await (const packet of sink.packets(start)) {
    if (packet.timestamp !== packetSeconds[at]) {
      throw unreadable("The packets are not as they were when the file was opened.");
    }
    if (at >= first) yield packet;
    if (++at >= end) return;
  }
  throw unreadable("The file ends before the packets that it lists.");
}
