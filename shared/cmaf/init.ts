import {
  ascii,
  type Box,
  BoxFields,
  box,
  concat,
  fullBox,
  invalid,
  only,
  type Part,
  readBoxes,
  readChildren,
  u16,
  u32,
} from "../isobmff/box.ts";
import { audioSpecificConfig } from "./aac.ts";

/**
 * CMAF header segments (ISO/IEC 23000-19, 7.3.1). Written here and not by the encoder's muxer, so that
 * they say the same for every segment and engine: no edit list, no dates, no muxer's name.
 */

/** ISO/IEC 23091-2 code points, as in the `colr` box of type `nclx`. */
export interface ColourTags {
  primaries: number;
  transfer: number;
  matrix: number;
}

export interface VideoTrack {
  kind: "video";
  width: number;
  height: number;
  /** Body of the `avcC` box (ISO/IEC 14496-15, 5.3.3.1). */
  avcConfig: Uint8Array;
  /** Limited range always. */
  colour: ColourTags;
}

export interface AudioTrack {
  kind: "audio";
  sampleRate: number;
  channels: number;
}

export const TRACK_ID = 1;

const UNITY_MATRIX = concat(
  [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].map((value) => u32(value)),
);

/** @param timescale ticks a second of the media that follows */
export function writeInit(
  track: VideoTrack | AudioTrack,
  timescale: number,
): Uint8Array<ArrayBuffer> {
  const isVideo = track.kind === "video";
  const [width, height] = isVideo ? [track.width, track.height] : [0, 0];
  const handler = isVideo ? "vide" : "soun";
  const zeros = (count: number): number[] => Array<number>(count).fill(0);
  return concat([
    box("ftyp", ascii("iso6"), u32(0), ascii("iso6cmfcmp41")),
    box(
      "moov",
      fullBox(
        "mvhd",
        0,
        0,
        u32(0),
        u32(0),
        u32(timescale),
        u32(0),
        u32(0x1_0000),
        u16(isVideo ? 0 : 0x100),
        zeros(10),
        UNITY_MATRIX,
        zeros(24),
        u32(TRACK_ID + 1),
      ),
      box(
        "trak",
        fullBox(
          "tkhd",
          0,
          3,
          u32(0),
          u32(0),
          u32(TRACK_ID),
          zeros(4),
          u32(0),
          zeros(8),
          u16(0),
          u16(isVideo ? 0 : 1),
          u16(isVideo ? 0 : 0x100),
          zeros(2),
          UNITY_MATRIX,
          u32(width << 16),
          u32(height << 16),
        ),
        box(
          "mdia",
          // 0x55c4: language "und".
          fullBox("mdhd", 0, 0, u32(0), u32(0), u32(timescale), u32(0), u16(0x55c4), u16(0)),
          fullBox(
            "hdlr",
            0,
            0,
            zeros(4),
            ascii(handler),
            zeros(12),
            ascii(isVideo ? "Video" : "Audio"),
            [0],
          ),
          box(
            "minf",
            isVideo ? fullBox("vmhd", 0, 1, zeros(8)) : fullBox("smhd", 0, 0, zeros(4)),
            box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
            box(
              "stbl",
              fullBox("stsd", 0, 0, u32(1), isVideo ? videoEntry(track) : audioEntry(track)),
              fullBox("stts", 0, 0, u32(0)),
              fullBox("stsc", 0, 0, u32(0)),
              fullBox("stsz", 0, 0, u32(0), u32(0)),
              fullBox("stco", 0, 0, u32(0)),
            ),
          ),
        ),
      ),
      box("mvex", fullBox("trex", 0, 0, u32(TRACK_ID), u32(1), u32(0), u32(0), u32(0))),
    ),
  ]);
}

function videoEntry(track: VideoTrack): Uint8Array {
  const { primaries, transfer, matrix } = track.colour;
  return box(
    "avc1",
    [0, 0, 0, 0, 0, 0],
    u16(1),
    Array<number>(16).fill(0),
    u16(track.width),
    u16(track.height),
    u32(0x48_0000),
    u32(0x48_0000),
    u32(0),
    u16(1),
    Array<number>(32).fill(0),
    u16(24),
    [0xff, 0xff],
    box("avcC", track.avcConfig),
    box("colr", ascii("nclx"), u16(primaries), u16(transfer), u16(matrix), [0]),
    box("pasp", u32(1), u32(1)),
  );
}

function audioEntry(track: AudioTrack): Uint8Array {
  return box(
    "mp4a",
    [0, 0, 0, 0, 0, 0],
    u16(1),
    Array<number>(8).fill(0),
    u16(track.channels),
    u16(16),
    u32(0),
    u16(track.sampleRate),
    u16(0),
    fullBox("esds", 0, 0, elementaryStream(track)),
  );
}

/** ES_Descriptor of AAC-LC (ISO/IEC 14496-1, 7.2.6.5). */
function elementaryStream(track: AudioTrack): Uint8Array {
  const config = audioSpecificConfig(track);
  const descriptor = (tag: number, ...parts: Part[]): Uint8Array => {
    const body = concat(parts);
    return concat([[tag, body.length], body]);
  };
  return descriptor(
    0x03,
    u16(TRACK_ID),
    [0],
    descriptor(0x04, [0x40, 0x15, 0, 0, 0], u32(0), u32(0), descriptor(0x05, config)),
    descriptor(0x06, [2]),
  );
}

/** What an init segment says; nothing of it is judged here. */
export interface ReadInit {
  topLevel: string[];
  handler: string;
  trackId: number;
  timescale: number;
  hasEditList: boolean;
  entryType: string;
  /** Of the sample entry; 0 for audio. */
  width: number;
  height: number;
  /** Of the sample entry; 0 for video. */
  channels: number;
  sampleRate: number;
  /** Body of `avcC`, or AudioSpecificConfig. */
  config: Uint8Array;
}

/** Throws OUTPUT_INVALID when it is not one track of AVC or MPEG-4 audio. */
export function readInit(bytes: Uint8Array): ReadInit {
  const top = readBoxes(bytes);
  const moov = readChildren(bytes, only(top, "moov"));
  const trak = readChildren(bytes, only(moov, "trak"));
  const mdia = readChildren(bytes, only(trak, "mdia"));
  const trex = new BoxFields(bytes, only(readChildren(bytes, only(moov, "mvex")), "trex"));
  trex.skip(4);

  const tkhd = new BoxFields(bytes, only(trak, "tkhd"));
  tkhd.skip(tkhd.versionAndFlags().version === 1 ? 16 : 8);
  const trackId = tkhd.u32();
  if (trex.u32() !== trackId) throw invalid("trex and tkhd name different tracks.");

  const mdhd = new BoxFields(bytes, only(mdia, "mdhd"));
  mdhd.skip(mdhd.versionAndFlags().version === 1 ? 16 : 8);
  const timescale = mdhd.u32();

  const hdlr = new BoxFields(bytes, only(mdia, "hdlr"));
  hdlr.skip(8);
  const handler = hdlr.text(4);

  const minf = readChildren(bytes, only(mdia, "minf"));
  const stbl = readChildren(bytes, only(minf, "stbl"));
  const entries = readChildren(bytes, only(stbl, "stsd"), 8);
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) {
    throw invalid(`${entries.length} sample entries where one is needed.`);
  }
  return {
    topLevel: top.map((each) => each.type),
    handler,
    trackId,
    timescale,
    hasEditList: trak.some((each) => each.type === "edts"),
    entryType: entry.type,
    ...(handler === "vide" ? readVideoEntry(bytes, entry) : readAudioEntry(bytes, entry)),
  };
}

function readVideoEntry(
  bytes: Uint8Array,
  entry: Box,
): Pick<ReadInit, "width" | "height" | "channels" | "sampleRate" | "config"> {
  const fields = new BoxFields(bytes, entry);
  fields.skip(24);
  const width = fields.u16();
  const height = fields.u16();
  const avcC = only(readChildren(bytes, entry, 78), "avcC");
  return {
    width,
    height,
    channels: 0,
    sampleRate: 0,
    config: bytes.subarray(avcC.bodyStart, avcC.end),
  };
}

function readAudioEntry(
  bytes: Uint8Array,
  entry: Box,
): Pick<ReadInit, "width" | "height" | "channels" | "sampleRate" | "config"> {
  const fields = new BoxFields(bytes, entry);
  fields.skip(16);
  const channels = fields.u16();
  fields.skip(6);
  const sampleRate = fields.u16();
  const esds = new BoxFields(bytes, only(readChildren(bytes, entry, 28), "esds"));
  return { width: 0, height: 0, channels, sampleRate, config: readAudioConfig(esds) };
}

function readAudioConfig(esds: BoxFields): Uint8Array {
  esds.skip(4);
  enterDescriptor(esds, 0x03);
  esds.skip(2);
  if (esds.u8() !== 0) throw invalid("The ES descriptor has optional fields.");
  enterDescriptor(esds, 0x04);
  if (esds.u8() !== 0x40) throw invalid("The sound is not MPEG-4 audio.");
  esds.skip(12);
  return esds.bytes(enterDescriptor(esds, 0x05));
}

/** Length of the descriptor's body; lengths take up to four bytes of seven bits. */
function enterDescriptor(fields: BoxFields, wantedTag: number): number {
  if (fields.u8() !== wantedTag) throw invalid("The esds box is malformed.");
  let length = 0;
  for (let count = 0; count < 4; count++) {
    const byte = fields.u8();
    length = (length << 7) | (byte & 0x7f);
    if (byte < 0x80) return length;
  }
  throw invalid("The esds box is malformed.");
}
