import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { readAvcRecord } from "../../h264/avc-config.ts";
import { isParameterSet, nalUnits } from "../../h264/nal-units.ts";
import { concat, u32 } from "../../isobmff/write.ts";
import { OBU, obus } from "../read/av1-obus.ts";
import { readDescription } from "../read/video-facts.ts";

/** The first parameter sets of each track, kept as long as the track. */
const found = new WeakMap<InputVideoTrack, Promise<Uint8Array>>();

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/**
 * Puts the track's first parameter sets in front of a chunk's first packet, if it needs and lacks them. MPEG-TS
 * keeps parameter sets in band, often only before IDR pictures, and some writers of AV1 put the sequence header
 * before the first picture only.
 */
export async function withParameterSets(
  track: InputVideoTrack,
  packet: Uint8Array,
): Promise<Uint8Array> {
  const codec = await track.getCodec();
  if (codec === "av1") {
    if (obu(packet, OBU.sequenceHeader) !== null) return packet;
    const header = await firstOf(track, async () => firstSequenceHeader(track));
    const delimiter = obu(packet, OBU.temporalDelimiter)?.length ?? 0;
    return concat([packet.subarray(0, delimiter), header, packet.subarray(delimiter)]);
  }
  if (codec !== "avc" && codec !== "hevc") return packet;
  if ((await readDescription(track)) !== null) return packet;
  if (parameterSets(codec, packet).length > 0) return packet;
  return concat([await firstOf(track, () => firstParameterSets(track, codec)), packet]);
}

/**
 * Puts the parameter sets of a track's sample description in front of a packet. This is for packets that have
 * another description than the packet before: a chunk holds only the description of its first packet.
 */
export async function withOwnParameterSets(
  track: InputVideoTrack,
  packet: Uint8Array,
): Promise<Uint8Array> {
  const description = await readDescription(track);
  if (description === null) return packet;
  const codec = await track.getCodec();
  if (codec === "avc") {
    const { nalLengthBytes, spsUnits, ppsUnits } = readAvcRecord(description);
    const units = [...spsUnits, ...ppsUnits].map(({ bytes }) => bytes);
    return concat([...units.flatMap((unit) => lengthPrefixed(unit, nalLengthBytes)), packet]);
  }
  if (codec !== "hevc") return packet;
  const nalLengthBytes = ((description[21] ?? 3) & 3) + 1;
  const units = hevcUnits(description);
  return concat([...units.flatMap((unit) => lengthPrefixed(unit, nalLengthBytes)), packet]);
}

/** Keeps an AV1 sequence header that stands outside of the packets (configOBUs of `av1C`) for chunks. */
export function keepSequenceHeader(track: InputVideoTrack, header: Uint8Array): void {
  if (header.length > 0) found.set(track, Promise.resolve(header));
}

function firstOf(track: InputVideoTrack, find: () => Promise<Uint8Array>): Promise<Uint8Array> {
  let sets = found.get(track);
  if (sets === undefined) {
    sets = find();
    found.set(track, sets);
  }
  return sets;
}

async function firstParameterSets(
  track: InputVideoTrack,
  codec: "avc" | "hevc",
): Promise<Uint8Array> {
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const units = parameterSets(codec, packet.data);
    if (units.length > 0) return concat(units.flatMap((unit) => [START_CODE, unit]));
  }
  return new Uint8Array(0);
}

async function firstSequenceHeader(track: InputVideoTrack): Promise<Uint8Array> {
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const header = obu(packet.data, OBU.sequenceHeader);
    if (header !== null) return header.slice();
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

/** The arrays of an `hvcC` (ISO/IEC 14496-15, 8.3.3.1.2). */
function hevcUnits(record: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  const u16 = (at: number) => ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
  let at = 23;
  for (let array = record[22] ?? 0; array > 0 && at < record.length; array--) {
    let count = u16(at + 1);
    for (at += 3; count > 0 && at < record.length; count--) {
      units.push(record.subarray(at + 2, at + 2 + u16(at)));
      at += 2 + u16(at);
    }
  }
  return units;
}

function lengthPrefixed(unit: Uint8Array, nalLengthBytes: number): Uint8Array[] {
  return [Uint8Array.from(u32(unit.length).slice(4 - nalLengthBytes)), unit];
}

/** The first OBU of a type in a packet, whole. */
function obu(packet: Uint8Array, wanted: number): Uint8Array | null {
  for (const { type, whole } of obus(packet)) if (type === wanted) return whole;
  return null;
}
