import type { InputVideoTrack } from "mediabunny";
import { nalUnits, readAvcC } from "../../h264/h264.ts";
import { packetsFrom } from "../read/packet-reader.ts";
import type { VideoIndex } from "../read/source-index.ts";

/** What a VideoDecoder has to be told of, and to start with. */
export interface DecodeStart {
  /** Null: a codec that WebCodecs has no name for. */
  config: VideoDecoderConfig | null;
  /** False for open GOPs: their key packets hold recovery points, which a VideoDecoder refuses. */
  isIdr: boolean;
}

/** Key packets that are looked at, spread over the source: who opens GOPs does so all along. */
const MOST_LOOKED_AT = 24;

const IDR_SLICE = 5;

/** @throws TributaryError CHUNK_UNREADABLE, or whatever the signal aborts with */
export async function readDecodeStart(
  track: InputVideoTrack,
  video: VideoIndex,
  signal: AbortSignal,
): Promise<DecodeStart> {
  const config = await track.getDecoderConfig();
  if (config === null || (await track.getCodec()) !== "avc") return { config, isIdr: true };
  const { description } = config;
  const record = description === undefined ? null : bytesOf(description);
  const lengthSize = record === null ? null : readAvcC(record).lengthSize;
  for (const at of spread(keyPackets(video))) {
    signal.throwIfAborted();
    for await (const packet of packetsFrom(track, video, at, at + 1)) {
      const units = Array.from(nalUnits(packet.data, lengthSize));
      if (!units.some((unit) => ((unit[0] ?? 0) & 0x1f) === IDR_SLICE)) {
        return { config, isIdr: false };
      }
    }
  }
  return { config, isIdr: true };
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
