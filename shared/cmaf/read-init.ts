import { type Box, BoxFields, invalid, only, readBoxes, readChildren } from "../isobmff/box.ts";
import { readHandler, readLanguage, readTimescale, readTrackId } from "../isobmff/headers.ts";

/** The contents of an init segment, read but not checked. */
export interface ReadInit {
  topLevel: string[];
  handler: string;
  trackId: number;
  timescale: number;
  /** ISO 639-2/T, of the track. */
  language: string;
  hasEditList: boolean;
  entryType: string;
  /** Width in the sample entry; 0 for audio. */
  width: number;
  height: number;
  /** Channels in the sample entry; 0 for video. */
  channels: number;
  sampleRate: number;
  /** Body of `avcC`, or AudioSpecificConfig. */
  config: Uint8Array;
}

/** @throws TributaryError OUTPUT_INVALID when it is not one track of AVC or MPEG-4 audio */
export function readInit(bytes: Uint8Array): ReadInit {
  const top = readBoxes(bytes);
  const moov = readChildren(bytes, only(top, "moov"));
  const trak = readChildren(bytes, only(moov, "trak"));
  const mdia = readChildren(bytes, only(trak, "mdia"));
  const trex = new BoxFields(bytes, only(readChildren(bytes, only(moov, "mvex")), "trex"));
  trex.skip(4);

  const trackId = readTrackId(bytes, only(trak, "tkhd"));
  if (trex.u32() !== trackId) throw invalid("trex and tkhd name different tracks.");
  const timescale = readTimescale(bytes, only(mdia, "mdhd"));
  const handler = readHandler(bytes, only(mdia, "hdlr"));

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
    language: readLanguage(bytes, only(mdia, "mdhd")),
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
