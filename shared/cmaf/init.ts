import { movieBox, TRACK_ID } from "../isobmff/movie.ts";
import { ascii, box, concat, fullBox, type Part, u16, u32 } from "../isobmff/write.ts";
import { threeLetterCode } from "../job/language.ts";
import { audioSpecificConfig } from "./aac.ts";

/**
 * CMAF header segments (ISO/IEC 23000-19, 7.3.1). They are written here and not by the encoder's muxer, so
 * that they are the same for every segment and engine: no edit list, no dates, no muxer's name.
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
  /** The range is always limited. */
  colour: ColourTags;
}

export interface AudioTrack {
  kind: "audio";
  sampleRate: number;
  channels: number;
  /** BCP 47, "und" where unknown. */
  language: string;
}

/** @param timescale ticks a second of the media that follows */
export function writeInit(
  track: VideoTrack | AudioTrack,
  timescale: number,
): Uint8Array<ArrayBuffer> {
  const isVideo = track.kind === "video";
  const moov = movieBox({
    kind: track.kind,
    timescale,
    durationTicks: 0,
    width: isVideo ? track.width : 0,
    height: isVideo ? track.height : 0,
    language: isVideo ? "und" : threeLetterCode(track.language),
    handlerName: isVideo ? "Video" : "Audio",
    sampleTable: [
      fullBox("stsd", 0, 0, u32(1), isVideo ? videoEntry(track) : audioEntry(track)),
      fullBox("stts", 0, 0, u32(0)),
      fullBox("stsc", 0, 0, u32(0)),
      fullBox("stsz", 0, 0, u32(0, 0)),
      fullBox("stco", 0, 0, u32(0)),
    ],
    extension: box("mvex", fullBox("trex", 0, 0, u32(TRACK_ID, 1, 0, 0, 0))),
  });
  return concat([box("ftyp", ascii("iso6"), u32(0), ascii("iso6cmfcmp41")), moov]);
}

function videoEntry(track: VideoTrack): Uint8Array {
  const { primaries, transfer, matrix } = track.colour;
  return box(
    "avc1",
    [0, 0, 0, 0, 0, 0],
    u16(1),
    Array<number>(16).fill(0),
    u16(track.width, track.height),
    u32(0x48_0000, 0x48_0000, 0),
    u16(1),
    Array<number>(32).fill(0),
    u16(24),
    [0xff, 0xff],
    box("avcC", track.avcConfig),
    box("colr", ascii("nclx"), u16(primaries, transfer, matrix), [0]),
    box("pasp", u32(1, 1)),
  );
}

function audioEntry(track: AudioTrack): Uint8Array {
  return box(
    "mp4a",
    [0, 0, 0, 0, 0, 0],
    u16(1),
    Array<number>(8).fill(0),
    u16(track.channels, 16),
    u32(0),
    u16(track.sampleRate, 0),
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
    descriptor(0x04, [0x40, 0x15, 0, 0, 0], u32(0, 0), descriptor(0x05, config)),
    descriptor(0x06, [2]),
  );
}
