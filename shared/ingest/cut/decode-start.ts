import type { EncodedPacket, InputVideoTrack } from "mediabunny";
import { readAvcRecord } from "../../h264/avc-config.ts";
import { holdsIdr } from "../../h264/nal-units.ts";
import { packetsFrom } from "../read/packet-reader.ts";
import type { VideoIndex } from "../read/source-index.ts";

/** A VideoDecoder's configuration, and the first key packet to try it with. */
export interface DecodeStart {
  /** Null: a codec that WebCodecs has no name for. */
  config: VideoDecoderConfig | null;
  /** False for open GOPs: their key packets hold recovery points, which a VideoDecoder refuses. */
  isIdr: boolean;
  /** The first key packet; null where there is none. */
  packet: EncodedPacket | null;
}

/** Key packets that are looked at, spread over the source: an encoder with open GOPs uses them throughout. */
const MOST_LOOKED_AT = 24;

/**
 * Reads what a VideoDecoder needs to start on a track.
 * @throws TributaryError CHUNK_UNREADABLE, or the signal's reason
 */
export async function readDecodeStart(
  track: InputVideoTrack,
  video: VideoIndex,
  signal: AbortSignal,
): Promise<DecodeStart> {
  const config = await track.getDecoderConfig();
  let first: EncodedPacket | null = null;
  const isAvc = (await track.getCodec()) === "avc";
  const description = isAvc ? config?.description : undefined;
  const record = description === undefined ? null : bytesOf(description);
  const framing = record === null ? null : readAvcRecord(record).nalLengthBytes;
  const keys = keyPackets(video);
  for (const at of isAvc ? spread(keys) : keys.slice(0, 1)) {
    signal.throwIfAborted();
    for await (const packet of packetsFrom(track, video, at, at + 1)) {
      first ??= packet;
      if (isAvc && !holdsIdr(packet.data, framing)) return { config, isIdr: false, packet: first };
    }
  }
  return { config, isIdr: true, packet: first };
}

function keyPackets({ packetIsKey }: VideoIndex): number[] {
  const keys: number[] = [];
  packetIsKey.forEach((isKey, at) => {
    if (isKey === 1) keys.push(at);
  });
  return keys;
}

function spread(all: readonly number[]): number[] {
  if (all.length <= MOST_LOOKED_AT) return [...all];
  const step = (all.length - 1) / (MOST_LOOKED_AT - 1);
  return Array.from({ length: MOST_LOOKED_AT }, (_, i) => all[Math.round(i * step)] ?? 0);
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
