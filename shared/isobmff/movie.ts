import { ascii, box, fullBox, type Part, u16, u32 } from "./write.ts";

/** A movie of one track (ISO/IEC 14496-12, clause 8), for init segments and small files alike. */
export interface MovieTrack {
  kind: "video" | "audio";
  /** Ticks a second of all times. */
  timescale: number;
  /** 0 in an init segment. */
  durationTicks: number;
  /** As shown, before the matrix; 0 for audio. */
  width: number;
  height: number;
  /** Default: no rotation. */
  matrix?: Part;
  /** ISO 639-2/T code. Default: "und". */
  language?: string;
  /** The name in `hdlr`, for people. */
  handlerName: string;
  /** The boxes of `stbl`. */
  sampleTable: readonly Part[];
  /** A box after the track: `mvex`. */
  extension?: Part;
}

export const TRACK_ID = 1;

const ONE = 0x1_0000;

/** Row-major; numbers are 16.16, those of the last column 2.30 (8.2.2.3). */
export function matrix(...rows: readonly [number, number, number, number, number, number]): Part {
  const [a, b, c, d, x, y] = rows;
  return u32(a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, x * ONE, y * ONE, 0x4000_0000);
}

const UPRIGHT = matrix(1, 0, 0, 1, 0, 0);

/** Three letters in five bits each (8.4.2.3). */
function packedLanguage(language: string): number {
  return ascii(language).reduce((bits, letter) => (bits << 5) | (letter - 0x60), 0);
}

/** A `moov` with one track. */
export function movieBox(track: MovieTrack): Uint8Array<ArrayBuffer> {
  const { timescale, durationTicks, width, height } = track;
  const isVideo = track.kind === "video";
  const volume = isVideo ? 0 : 0x100;
  return box(
    "moov",
    fullBox(
      "mvhd",
      0,
      0,
      u32(0, 0, timescale, durationTicks, ONE),
      u16(volume, 0),
      u32(0, 0),
      UPRIGHT,
      u32(0, 0, 0, 0, 0, 0, TRACK_ID + 1),
    ),
    box(
      "trak",
      fullBox(
        "tkhd",
        0,
        3,
        u32(0, 0, TRACK_ID, 0, durationTicks, 0, 0),
        // Layer, alternate group, volume.
        u16(0, isVideo ? 0 : 1, volume, 0),
        track.matrix ?? UPRIGHT,
        u32(width * ONE, height * ONE),
      ),
      box(
        "mdia",
        fullBox(
          "mdhd",
          0,
          0,
          u32(0, 0, timescale, durationTicks),
          u16(packedLanguage(track.language ?? "und"), 0),
        ),
        fullBox(
          "hdlr",
          0,
          0,
          u32(0),
          ascii(isVideo ? "vide" : "soun"),
          u32(0, 0, 0),
          ascii(`${track.handlerName}\0`),
        ),
        box(
          "minf",
          isVideo ? fullBox("vmhd", 0, 1, u16(0, 0, 0, 0)) : fullBox("smhd", 0, 0, u32(0)),
          box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
          box("stbl", ...track.sampleTable),
        ),
      ),
    ),
    track.extension ?? [],
  );
}
