import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { isParameterSet, nalUnits } from "../../h264/nal-units.ts";
import { concat } from "../../isobmff/write.ts";

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
  return concat([await sets, packet]);
}

async function firstParameterSets(
  track: InputVideoTrack,
  codec: "avc" | "hevc",
): Promise<Uint8Array> {
  const startCode = Uint8Array.of(0, 0, 0, 1);
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const units = parameterSets(codec, packet.data);
    if (units.length > 0) return concat(units.flatMap((unit) => [startCode, unit]));
  }
  return new Uint8Array(0);
}

/** SPS and PPS of H.264; VPS, SPS and PPS of H.265 (nal_unit_type 32 to 34). */
function parameterSets(codec: "avc" | "hevc", packet: Uint8Array): Uint8Array[] {
  const units = Array.from(nalUnits(packet, null));
  const isHevcSet = (unit: Uint8Array) => {
    const type = ((unit[0] ?? 0) >> 1) & 0x3f;
    return type >= 32 && type <= 34;
  };
  return units
    .filter((unit) => (codec === "avc" ? isParameterSet(unit) : isHevcSet(unit.bytes)))
    .map(({ bytes }) => bytes);
}
