import { readBoxHeader } from "../../isobmff/box.ts";
import { addFragment } from "../../isobmff/fragment-runs.ts";
import { samplesOf } from "../../isobmff/sample-tables.ts";
import { unsignedRuns } from "../../isobmff/track-runs.ts";
import { type IsoTrack, readMovie } from "../../isobmff/tracks.ts";
import { readBytes } from "./sniff.ts";
import { sourceDamaged } from "./source-errors.ts";

/**
 * Facts of an ISO base media file (ISO/IEC 14496-12) that mediabunny does not give: whether the file is
 * complete, encrypted or cut by edit lists, and its sample descriptions as stored.
 */
export interface IsoLayout {
  /** Major brand of the file, "" without one: "isom", "qt  ", "heic". */
  brand: string;
  hasMoov: boolean;
  hasMediaData: boolean;
  fragmented: boolean;
  /** Size of the file by its last box, if the file is shorter; else null. */
  statedBytes: number | null;
  tracks: IsoTrack[];
  /** Duration that the file states; 0 where it states none. */
  movieSeconds: number;
  /** Offset of the `moov` box in the file; the tracks' boxes have offsets from there. */
  moovAt: number;
  /** Offsets in the file of the version bytes of track runs that should have version 1 (`unsignedRuns`). */
  unsignedRuns: number[];
}

/** The first fragments show whether a writer makes the mistake of `unsignedRuns`; if so, all are looked at. */
const FRAGMENTS_LOOKED_AT = 8;

const LARGEST_MOOF_BYTES = 16 * 1024 * 1024;

/** A `moov` of a day of video has some 30 MiB; beyond this something is wrong. */
const LARGEST_MOOV_BYTES = 256 * 1024 * 1024;

const FIRST_TYPES = /^(ftyp|styp|moov|mdat|free|skip|wide|pnot)$/;
const ANY_TYPE = /^[\x20-\x7e\xa9]{4}$/;

/**
 * Walks the top level of a file.
 * @returns null when it is not an ISO base media file
 * @throws TributaryError SOURCE_CORRUPT, SOURCE_CHANGED, or the signal's reason
 */
export async function readIsoLayout(file: Blob, signal: AbortSignal): Promise<IsoLayout | null> {
  const layout: IsoLayout = {
    brand: "",
    hasMoov: false,
    hasMediaData: false,
    fragmented: false,
    statedBytes: null,
    tracks: [],
    movieSeconds: 0,
    moovAt: 0,
    unsignedRuns: [],
  };
  let fragments = 0;
  const sampleCounts = new Map<number, number>();
  let at = 0;
  while (at + 8 <= file.size) {
    signal.throwIfAborted();
    const isFirst = at === 0;
    const head = await readBytes(file, at, Math.min(file.size, at + 16));
    const header = readBoxHeader(head, 0, file.size - at);
    if (
      header === null ||
      header.sizeBytes < header.headerBytes ||
      !(isFirst ? FIRST_TYPES : ANY_TYPE).test(header.type)
    ) {
      return isFirst ? null : layout;
    }
    const { type, sizeBytes } = header;
    const end = at + sizeBytes;
    if (end > file.size) layout.statedBytes = end;
    if (type === "ftyp") layout.brand = String.fromCharCode(...head.subarray(8, 12));
    if (type === "mdat") layout.hasMediaData = true;
    if (type === "moof") {
      layout.fragmented = true;
      fragments++;
      const isSigned = fragments > FRAGMENTS_LOOKED_AT && layout.unsignedRuns.length === 0;
      const described = layout.tracks.filter(({ descriptions }) => descriptions.length > 1);
      const isLookedAt = !isSigned || described.length > 0;
      if (isLookedAt && end <= file.size && sizeBytes <= LARGEST_MOOF_BYTES) {
        const moof = await readBytes(file, at, end);
        if (!isSigned) for (const run of unsignedRuns(moof)) layout.unsignedRuns.push(at + run);
        addFragment(described, moof, sampleCounts);
      }
    }
    if (type === "moov" && end <= file.size && sizeBytes <= LARGEST_MOOV_BYTES) {
      layout.hasMoov = true;
      const movie = readMovieOf(await readBytes(file, at, end));
      layout.tracks = movie.tracks;
      for (const { id, decodeRuns } of movie.tracks) sampleCounts.set(id, samplesOf(decodeRuns));
      layout.movieSeconds = movie.seconds;
      layout.moovAt = at;
      layout.fragmented ||= movie.expectsFragments;
    }
    at = end;
  }
  return layout;
}

function readMovieOf(moov: Uint8Array): ReturnType<typeof readMovie> {
  try {
    return readMovie(moov);
  } catch (cause) {
    throw sourceDamaged(cause);
  }
}
