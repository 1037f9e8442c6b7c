import {
  type EncodedPacket,
  EncodedPacketSink,
  type InputAudioTrack,
  type InputVideoTrack,
} from "mediabunny";
import { unreadable } from "../cut/cut-piece.ts";
import type { PacketPlaces } from "./source-index.ts";

/**
 * Reads packets by their position in decode order.
 * @param end excluded
 * @throws TributaryError CHUNK_UNREADABLE when the file does not hold what the index says
 */
export async function* packetsFrom(
  track: InputVideoTrack | InputAudioTrack,
  { packetSeconds, packetNumbers }: PacketPlaces,
  first: number,
  end: number,
): AsyncGenerator<EncodedPacket> {
  const sink = new EncodedPacketSink(track);
  let at = first;
  while (at < end) {
    const from = at;
    for await (const packet of sink.packets(await startFor(at))) {
      if (packet.sequenceNumber < (packetNumbers[at] ?? 0) && at === from) continue;
      if (packet.sequenceNumber !== packetNumbers[at]) break;
      yield packet;
      if (++at >= end) return;
    }
    if (at === from) throw unreadable("The file ends before the packets that it lists.");
  }

  /** The demuxer seeks by time, and may find a later one of several packets of equal time. */
  async function startFor(packet: number): Promise<EncodedPacket> {
    const wanted = packetNumbers[packet] ?? 0;
    for (let from = packet, step = 1; ; from -= step, step *= 2) {
      const found =
        from <= 0 ? await sink.getFirstPacket() : await sink.getPacket(packetSeconds[from] ?? 0);
      if (found !== null && found.sequenceNumber <= wanted) return found;
      if (from <= 0)
        throw unreadable("The packets are not where they were when the file was opened.");
    }
  }
}
