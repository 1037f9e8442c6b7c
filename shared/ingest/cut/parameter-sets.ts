import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { nalUnits } from "../../h264/h264.ts";

/** Found once a track; tracks live as long as their source. */
const found = new WeakMap<InputVideoTrack, Promise<Uint8Array>>();

/**
 * MPEG-TS keeps parameter sets in band, often only before IDR pictures. A chunk that starts at a
 * recovery point of an open GOP gets the first ones of the track put in front.
 */
export async function withParameterSets(
  track: InputVideoTrack,
  packet: Uint8Array,
): Promise<Uint8Array> {
  const codec = await track.getCodec();
  if (codec !== "avc" && codec !== "hevc") return packet;
  if ((await track.getDecoderConfig())?.description !== undefined) return packet;
  if (parameterSets(codec, packet).length > 0) return packet;
  let sets = found.get(track);
  if (sets === undefined) {
    sets = firstParameterSets(track, codec);
    found.set(track, sets);
  }
  return joined([await sets, packet]);
}

async function firstParameterSets(
  track: InputVideoTrack,
  codec: "avc" | "hevc",
): Promise<Uint8Array> {
  const startCode = Uint8Array.of(0, 0, 0, 1);
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const units = parameterSets(codec, packet.data);
    if (units.length > 0) return joined(units.flatMap((unit) => [startCode, unit]));
  }
  return new Uint8Array(0);
}

/** SPS and PPS (H.264: 7, 8); VPS, SPS and PPS (H.265: 32 to 34). */
function parameterSets(codec: "avc" | "hevc", packet: Uint8Array): Uint8Array[] {
  const isSet = (unit: Uint8Array) => {
    const first = unit[0] ?? 0;
    const type = codec === "avc" ? first & 0x1f : (first >> 1) & 0x3f;
    return codec === "avc" ? type === 7 || type === 8 : type >= 32 && type <= 34;
  };
  return Array.from(nalUnits(packet, null)).filter(isSet);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
