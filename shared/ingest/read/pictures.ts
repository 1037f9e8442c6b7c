import type { InputVideoTrack } from "mediabunny";
import { BitReader } from "../../h264/bit-reader.ts";
import { type NalFraming, nalUnits } from "../../h264/nal-units.ts";
import { readPicture } from "../../h264/picture.ts";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import { OBU, obus } from "./av1-obus.ts";
import { packetsFrom } from "./packet-reader.ts";
import { filtered, type PacketList } from "./source-index.ts";
import { type H264Stream, readDescription } from "./video-facts.ts";

/**
 * Reads from the bitstream whether a packet holds a picture. Containers count each packet as one, but
 * cameras, editing programs and encoders also write packets that hold something else.
 */

/** The packet holds a picture of its own. */
const PICTURE = 1;
/** The packet has to be decoded, but is no shown picture of its own: hidden frames, second fields, further slices. */
const HIDDEN = 0;
/** Nothing to decode: empty packets, SEI, delimiters. Decoders take such packets for damage. */
const NOTHING = -1;

/** Tells what a packet holds: {@link PICTURE}, {@link HIDDEN} or {@link NOTHING}. Called in decode order. */
type Look = (packet: Uint8Array) => number;

export interface PictureTest {
  look: Look;
  /**
   * Which packets have to be read. "all": every packet. "small": those below `SMALL_BYTES`, and a sample of the
   * others. "rare": only a sample. When the sample shows a packet without a picture, all the rest are read, too.
   */
  reads: "all" | "small" | "rare";
}

/** Larger than nearly any packet of H.264, H.265 or MPEG-4 that holds no picture. */
const SMALL_BYTES = 400;

/** The sample: packets at the start, and packets at several places, because files may be joined from several. */
const FIRST_PACKETS = 120;
const PLACES = 8;
const PACKETS_AT_A_PLACE = 30;

/** Up to this many unwanted packets between two wanted ones are read through, rather than skipped by a seek. */
const READ_THROUGH = 32;

/** @returns null for codecs in which every packet that is not empty is a picture, as far as is known */
export async function pictureTest(
  track: InputVideoTrack,
  h264: H264Stream | null,
  isoTrack: Pick<IsoTrack, "sampleEntry" | "sampleDescriptions"> | undefined,
): Promise<PictureTest | null> {
  const codec = await track.getCodec();
  if (codec === "vp8") return { look: vp8, reads: "all" };
  if (codec === "vp9") return { look: vp9, reads: "rare" };
  if (codec === "av1") return { look: av1(), reads: "rare" };
  if (codec === "avc" && h264 !== null)
    return { look: avc(h264), reads: h264.fieldPictures ? "all" : "small" };
  if (codec === "hevc") {
    const record = await readDescription(track);
    const framing = record === null ? null : ((record[21] ?? 3) & 3) + 1;
    return { look: (packet) => hevc(packet, framing), reads: "small" };
  }
  if (isoTrack?.sampleEntry !== "mp4v" || !isMpeg4(isoTrack.sampleDescriptions)) return null;
  return { look: mpeg4(isoTrack.sampleDescriptions), reads: "small" };
}

/**
 * Looks into the packets whose sizes do not tell enough.
 * @param list its `looks` are changed
 * @throws TributaryError CHUNK_UNREADABLE
 */
export async function lookAtPictures(
  track: InputVideoTrack,
  list: PacketList,
  { look, reads }: PictureTest,
  signal: AbortSignal,
): Promise<void> {
  if (reads === "all") return;
  const { bytes, looks } = list;
  const lookAt = async (wanted: (i: number) => boolean) => {
    for (const [from, to] of runsOf(bytes.length, wanted)) {
      let at = from;
      const places = { packetSeconds: list.places, packetNumbers: list.numbers };
      for await (const { data } of packetsFrom(track, places, from, to)) {
        signal.throwIfAborted();
        looks[at++] = look(data);
      }
    }
  };
  const isSmall = (i: number) =>
    reads === "small" && (bytes[i] ?? 0) > 0 && (bytes[i] ?? 0) < SMALL_BYTES;
  const spacing = Math.ceil(bytes.length / (PLACES + 1));
  const isSample = (i: number) => i < FIRST_PACKETS || i % spacing < PACKETS_AT_A_PLACE;
  await lookAt((i) => isSmall(i) || isSample(i));
  const tells = looks.some((look, i) => look !== PICTURE && isSample(i) && !isSmall(i));
  if (tells) await lookAt((i) => !isSmall(i) && !isSample(i));
}

/** The list without packets that hold nothing to decode. */
export function withoutNothing(list: PacketList): PacketList {
  const { looks, bytes } = list;
  const isKept = (_: number, i: number) => looks[i] !== NOTHING && bytes[i] !== 0;
  if (looks.every(isKept)) return list;
  // Where a delimiter is flagged as a key frame, the picture after it is one.
  const isKey = list.isKey.slice();
  for (let i = 0; i + 1 < isKey.length; i++) {
    if (isKey[i] === 1 && !isKept(0, i)) isKey[i + 1] = 1;
  }
  return filtered({ ...list, isKey }, isKept);
}

/** Runs [from, to) that together hold all wanted packets, and few others. */
function* runsOf(count: number, wanted: (i: number) => boolean): Generator<[number, number]> {
  let from = -1;
  let last = -1;
  for (let i = 0; i < count; i++) {
    if (!wanted(i)) continue;
    if (from !== -1 && i - last > READ_THROUGH) {
      yield [from, last + 1];
      from = -1;
    }
    if (from === -1) from = i;
    last = i;
  }
  if (from !== -1) yield [from, last + 1];
}

/** show_frame is bit 4 of the first byte (RFC 6386, 9.1): alternate reference frames are hidden. */
function vp8(packet: Uint8Array): number {
  return ((packet[0] ?? 0) & 0x10) === 0 ? HIDDEN : PICTURE;
}

/**
 * VP9 bitstream specification, 6.2: frame_marker, profile, show_existing_frame, frame_type, show_frame.
 * A superframe (annex B) ends with an index and holds a frame that is shown.
 */
function vp9(packet: Uint8Array): number {
  const last = packet.at(-1) ?? 0;
  if ((last & 0xe0) === 0xc0) return PICTURE;
  const bits = new BitReader(packet.subarray(0, 4), 0);
  bits.u(2);
  const profile = bits.u(1) + 2 * bits.u(1);
  if (profile === 3) bits.u(1);
  if (bits.flag()) return PICTURE;
  bits.u(1);
  return bits.flag() ? PICTURE : HIDDEN;
}

/** AV1 specification, 5.9.2: a temporal unit shows a frame, unless a writer splits units. */
function av1(): Look {
  let isReduced = false;
  return (packet) => {
    let frames = 0;
    for (const { type, body } of obus(packet)) {
      const first = body[0] ?? 0;
      // seq_profile (3 bits), still_picture, reduced_still_picture_header
      if (type === OBU.sequenceHeader) isReduced = (first & 0x08) !== 0;
      if (type !== OBU.frameHeader && type !== OBU.frame) continue;
      // show_existing_frame, frame_type (2 bits), show_frame
      if (isReduced || (first & 0x90) !== 0) return PICTURE;
      frames++;
    }
    return frames > 0 ? HIDDEN : NOTHING;
  };
}

/** Slices of one picture may be packets of their own, and so may the two fields of a frame. */
function avc({ framing, sps, fieldPictures }: H264Stream): Look {
  // The second field of a frame has its frame_num and the other parity.
  let first: { frameNum: number; field: string } | null = null;
  return (packet) => {
    const units = Array.from(nalUnits(packet, framing));
    const slice = units.find(({ type }) => type >= 1 && type <= 5);
    if (slice === undefined) {
      // Parameter sets have to reach the decoder; other units belong to pictures in other packets.
      return units.some(({ type }) => type === 7 || type === 8) ? HIDDEN : NOTHING;
    }
    if (new BitReader(slice.bytes, 1).ue() > 0) return HIDDEN;
    const picture = fieldPictures ? readPicture(packet, framing, sps) : null;
    if (picture === null || picture.field === null) {
      first = null;
      return PICTURE;
    }
    if (first !== null && first.frameNum === picture.frameNum && first.field !== picture.field) {
      first = null;
      return HIDDEN;
    }
    first = { frameNum: picture.frameNum, field: picture.field };
    return PICTURE;
  };
}

/** nal_unit_type (ITU-T H.265, table 7-1): 0 to 31 are slices, the first of a picture flagged; 32 to 34 are sets. */
function hevc(packet: Uint8Array, framing: NalFraming): number {
  const units = Array.from(nalUnits(packet, framing), ({ bytes }) => ({
    type: ((bytes[0] ?? 0) >> 1) & 0x3f,
    isFirstSlice: ((bytes[2] ?? 0) & 0x80) !== 0,
  }));
  const slice = units.find(({ type }) => type < 32);
  if (slice !== undefined) return slice.isFirstSlice ? PICTURE : HIDDEN;
  return units.some(({ type }) => type >= 32 && type <= 34) ? HIDDEN : NOTHING;
}

/** objectTypeIndication of MPEG-4 part 2 (ISO/IEC 14496-1, table 5); MPEG-1 and MPEG-2 have others. */
const MPEG4_VISUAL = 0x20;

/** Whether the `esds` box names MPEG-4 part 2 as the codec (14496-1, 7.2.6.5 and 7.2.6.6). */
function isMpeg4(sampleDescriptions: Uint8Array): boolean {
  const text = String.fromCharCode(...sampleDescriptions);
  const box = text.indexOf("esds");
  if (box === -1) return false;
  // After version and flags: tag 3, its length, ES_ID and flags; tag 4, its length.
  let at = afterLength(sampleDescriptions, box + 9) + 3;
  if (sampleDescriptions[at] !== 4) return false;
  at = afterLength(sampleDescriptions, at + 1);
  return sampleDescriptions[at] === MPEG4_VISUAL;
}

/** Offset after a descriptor's length, whose bytes except the last have the highest bit set. */
function afterLength(bytes: Uint8Array, at: number): number {
  let next = at;
  while (((bytes[next] ?? 0) & 0x80) !== 0) next += 1;
  return next + 1;
}

/** Start codes of MPEG-4 part 2 (ISO/IEC 14496-2, table 6-3). */
const VIDEO_OBJECT_LAYER = [0x20, 0x2f] as const;
const VIDEO_OBJECT_PLANE = 0xb6;

/**
 * A plane that is not coded (vop_coded is 0) repeats the one before it. DivX and similar encoders write such a
 * plane in place of a picture that is already in the packet before.
 */
function mpeg4(sampleDescriptions: Uint8Array): Look {
  let incrementBits = 0;
  const look = (packet: Uint8Array) => {
    let planes = 0;
    for (let at = 0; at + 4 < packet.length; at++) {
      if (packet[at] !== 0 || packet[at + 1] !== 0 || packet[at + 2] !== 1) continue;
      const code = packet[at + 3] ?? 0;
      const bits = new BitReader(packet.subarray(at + 4, at + 36), 0);
      if (code >= VIDEO_OBJECT_LAYER[0] && code <= VIDEO_OBJECT_LAYER[1])
        incrementBits = timeIncrementBits(bits);
      if (code !== VIDEO_OBJECT_PLANE) continue;
      if (isCoded(bits, incrementBits)) planes++;
    }
    return planes > 0 ? PICTURE : NOTHING;
  };
  // Often only the sample description describes the layer.
  look(sampleDescriptions);
  return look;
}

/** 6.2.5: vop_coding_type, modulo_time_base, marker, vop_time_increment, marker, vop_coded. */
function isCoded(bits: BitReader, incrementBits: number): boolean {
  bits.u(2);
  while (!bits.exhausted && bits.flag());
  bits.u(1);
  if (incrementBits === 0) return true;
  bits.u(incrementBits);
  bits.u(1);
  return bits.flag();
}

/** vop_time_increment_resolution of a video object layer (6.2.3). */
function timeIncrementBits(bits: BitReader): number {
  bits.u(1);
  bits.u(8);
  if (bits.flag()) bits.u(7);
  if (bits.u(4) === 15) bits.u(16);
  if (bits.flag()) {
    bits.u(3);
    if (bits.flag()) bits.u(79);
  }
  bits.u(2);
  bits.u(1);
  const resolution = bits.u(16);
  return Math.max(1, 32 - Math.clz32(Math.max(0, resolution - 1)));
}
