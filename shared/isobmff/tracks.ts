import { type Box, BoxFields, scanBoxes } from "./box.ts";
import {
  dateBytes,
  readHandler,
  readLanguage,
  readMovieSeconds,
  readSampleCount,
  readTimescale,
  readTrackId,
} from "./headers.ts";
import {
  type DecodeRuns,
  type DescriptionRun,
  readDecodeRuns,
  readDescriptionRuns,
  readDescriptions,
} from "./sample-tables.ts";

/**
 * Reads the tracks of a `moov` as it occurs in the wild: boxes after an unreadable one are ignored, and a track
 * without the boxes that describe it is left out.
 */

export interface IsoTrack {
  id: number;
  /** "vide", "soun". */
  handler: string;
  /** Shown unless somebody chooses otherwise (`tkhd`, 8.3.2). */
  isEnabled: boolean;
  /** Three letters of ISO 639-2/T. */
  language: string;
  /** Tracks that hold its chapters' names (`tref`, QuickTime's "chap"). */
  chapterTracks: number[];
  /** The `stsd` box, whole. */
  sampleDescriptions: Uint8Array;
  /** Its sample tables agree on how many samples there are. Otherwise, readers that trust them may loop for ever. */
  tablesFit: boolean;
  /** Ticks a second of its media. */
  timescale: number;
  /** Decode times of its samples; empty in fragmented files. */
  decodeRuns: DecodeRuns;
  /** The entries of `stsd`, and which samples each of them describes. */
  descriptions: Box[];
  descriptionRuns: DescriptionRun[];
  /** Index of the entry for samples of movie fragments that do not name one; counts from 0. */
  fragmentDescription: number;
  /** The box with its edits. */
  edts: Box | null;
  /** Type of the first sample entry: "avc1", "encv"; "" without one. */
  sampleEntry: string;
  /** Edits in the order of the list. */
  edits: { durationSeconds: number; mediaTime: number; rate: number }[];
}

export interface IsoMovie {
  tracks: IsoTrack[];
  /** It says that movie fragments follow (`mvex`). */
  expectsFragments: boolean;
  /** Duration that the file states (`mvhd`); 0 where it states none. */
  seconds: number;
}

/** Some writers' tables count up to this many samples more than there are. */
const MISCOUNTED_SAMPLES = 16;

/**
 * @param moov the box with its header
 * @throws TributaryError OUTPUT_INVALID when a header of a track is too short
 */
export function readMovie(moov: Uint8Array): IsoMovie {
  const boxes = childrenOf(moov, find(moov, "moov"));
  const mvhd = boxes.find(({ type }) => type === "mvhd");
  const mvex = boxes.find(({ type }) => type === "mvex");
  const defaults = readFragmentDefaults(moov, childrenOf(moov, mvex));
  const movieTimescale = mvhd === undefined ? 1 : readTimescale(moov, mvhd) || 1;
  return {
    tracks: boxes
      .filter(({ type }) => type === "trak")
      .flatMap((trak) => readTrack(moov, trak, movieTimescale, defaults)),
    expectsFragments: mvex !== undefined,
    seconds: mvhd === undefined ? 0 : readMovieSeconds(moov, mvhd),
  };
}

/** default_sample_description_index by track_ID (8.8.3); counts from 0 here. */
function readFragmentDefaults(moov: Uint8Array, boxes: readonly Box[]): Map<number, number> {
  const trexes = boxes.filter(({ type }) => type === "trex");
  return new Map(
    trexes.map((trex) => {
      const fields = new BoxFields(moov, trex);
      fields.skip(4);
      return [fields.u32(), Math.max(0, fields.u32() - 1)];
    }),
  );
}

function readTrack(
  moov: Uint8Array,
  trak: Box,
  movieTimescale: number,
  fragmentDescriptions: ReadonlyMap<number, number>,
): IsoTrack[] {
  const tkhd = child(moov, trak, "tkhd");
  const hdlr = child(moov, trak, "mdia", "hdlr");
  const stbl = child(moov, trak, "mdia", "minf", "stbl");
  const stsd = child(moov, stbl, "stsd");
  const mdhd = child(moov, trak, "mdia", "mdhd");
  if (tkhd === undefined || hdlr === undefined || stsd === undefined) return [];
  const descriptions = readDescriptions(moov, stsd);
  const id = readTrackId(moov, tkhd);
  return [
    {
      id,
      handler: readHandler(moov, hdlr),
      isEnabled: (new BoxFields(moov, tkhd).versionAndFlags().flags & 1) !== 0,
      language: mdhd === undefined ? "und" : readLanguage(moov, mdhd),
      chapterTracks: readReferences(moov, child(moov, trak, "tref", "chap")),
      sampleDescriptions: moov.slice(stsd.start, stsd.end),
      tablesFit: sampleTablesFit(moov, childrenOf(moov, stbl)),
      timescale: mdhd === undefined ? 1 : readTimescale(moov, mdhd) || 1,
      decodeRuns: readDecodeRuns(moov, child(moov, stbl, "stts")),
      descriptions,
      descriptionRuns: readDescriptionRuns(moov, child(moov, stbl, "stsc")),
      fragmentDescription: fragmentDescriptions.get(id) ?? 0,
      edts: child(moov, trak, "edts") ?? null,
      sampleEntry: descriptions[0]?.type ?? "",
      edits: readEdits(moov, child(moov, trak, "edts", "elst"), movieTimescale),
    },
  ];
}

/**
 * Compares stts and ctts, which hold runs of samples, with stsz, which has one size for each sample (8.6.1.2,
 * 8.6.1.3, 8.7.3.2): the runs must not count samples that have no size.
 */
function sampleTablesFit(moov: Uint8Array, tables: readonly Box[]): boolean {
  const stsz = tables.find((table) => table.type === "stsz");
  if (stsz === undefined) return true;
  const samples = readSampleCount(moov, stsz);
  const sizes = new BoxFields(moov, stsz);
  sizes.skip(4);
  const sizeEach = sizes.u32();
  sizes.skip(4);
  if (sizeEach === 0 && 4 * samples > sizes.left) return false;
  return tables.every((table) => {
    if (table.type !== "stts" && table.type !== "ctts") return true;
    const runs = new BoxFields(moov, table);
    runs.skip(4);
    const count = runs.u32();
    if (8 * count > runs.left) return false;
    let promised = 0;
    for (let run = 0; run < count; run++) {
      promised += runs.u32();
      runs.skip(4);
    }
    return promised <= samples + MISCOUNTED_SAMPLES;
  });
}

/** 8.3.3.2 */
function readReferences(moov: Uint8Array, reference: Box | undefined): number[] {
  if (reference === undefined) return [];
  const fields = new BoxFields(moov, reference);
  return Array.from({ length: Math.floor(fields.left / 4) }, () => fields.u32());
}

/** 8.6.6.2 */
function readEdits(
  moov: Uint8Array,
  elst: Box | undefined,
  movieTimescale: number,
): IsoTrack["edits"] {
  if (elst === undefined) return [];
  const fields = new BoxFields(moov, elst);
  const isLong = fields.versionAndFlags().version === 1;
  const count = Math.min(fields.u32(), Math.floor(fields.left / (isLong ? 20 : 12)));
  return Array.from({ length: count }, () => {
    // Unknown durations are written as the largest number of 64 bits; rounding keeps them that large.
    const duration = isLong ? fields.u32() * 2 ** 32 + fields.u32() : fields.u32();
    const mediaTime = isLong ? fields.i32() * 2 ** 32 + fields.u32() : fields.i32();
    return {
      durationSeconds: duration / movieTimescale,
      mediaTime,
      rate: fields.i32() / 65_536,
    };
  });
}

/**
 * Sets the dates of a file's headers to 0 (mvhd, tkhd, mdhd: 8.2.2, 8.3.2, 8.4.2), so that the same
 * packets always make the same bytes.
 */
export function eraseDates(file: Uint8Array): void {
  const moov = find(file, "moov");
  if (moov === undefined) return;
  const traks = childrenOf(file, moov).filter(({ type }) => type === "trak");
  const headers = [
    child(file, moov, "mvhd"),
    ...traks.flatMap((trak) => [child(file, trak, "tkhd"), child(file, trak, "mdia", "mdhd")]),
  ];
  for (const header of headers) {
    if (header === undefined) continue;
    const datesStart = header.bodyStart + 4;
    file.fill(0, datesStart, datesStart + dateBytes(file[header.bodyStart] ?? 0));
  }
}

function find(file: Uint8Array, type: string): Box | undefined {
  return scanBoxes(file, 0, file.length).boxes.find((box) => box.type === type);
}

function childrenOf(bytes: Uint8Array, parent: Box | undefined): Box[] {
  return parent === undefined ? [] : scanBoxes(bytes, parent.bodyStart, parent.end).boxes;
}

function child(bytes: Uint8Array, parent: Box | undefined, ...path: string[]): Box | undefined {
  let box = parent;
  for (const type of path) box = childrenOf(bytes, box).find((one) => one.type === type);
  return box;
}
