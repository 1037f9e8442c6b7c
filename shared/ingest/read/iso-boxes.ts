import { readBytes } from "./sniff.ts";

/**
 * What mediabunny does not tell of an ISO base media file (ISO/IEC 14496-12): whether the file is
 * whole, encrypted, cut by edit lists, and the sample descriptions as they stand.
 */

export interface IsoBox {
  type: string;
  /** Of the whole box, in the array or file it was found in. */
  start: number;
  end: number;
  /** Where its content begins. */
  content: number;
}

export interface IsoTrack {
  id: number;
  handler: string;
  /** The `stsd` box, whole. */
  sampleDescriptions: Uint8Array;
  /** Its tables of samples agree on how many there are; readers that trust them may loop for ever. */
  tablesFit: boolean;
  /** Type of the first sample entry: "avc1", "encv". */
  sampleEntry: string;
  /** Edits in the order of the list. */
  edits: { durationSeconds: number; mediaTime: number; rate: number }[];
}

export interface IsoLayout {
  /** Major brand of the file, "" without one: "isom", "qt  ", "heic". */
  brand: string;
  hasMoov: boolean;
  hasMediaData: boolean;
  fragmented: boolean;
  /** Bytes that the last box says the file has, when it has fewer. */
  statedBytes: number | null;
  tracks: IsoTrack[];
}

/** A `moov` of a day of video has some 30 MiB; beyond this something is wrong. */
const LARGEST_MOOV_BYTES = 256 * 1024 * 1024;

/** Walks the top level of a file; null when it is no ISO base media file. */
export async function readIsoLayout(file: Blob, signal: AbortSignal): Promise<IsoLayout | null> {
  const layout: IsoLayout = {
    brand: "",
    hasMoov: false,
    hasMediaData: false,
    fragmented: false,
    statedBytes: null,
    tracks: [],
  };
  let at = 0;
  for (let boxes = 0; at + 8 <= file.size; boxes++) {
    signal.throwIfAborted();
    const head = await readBytes(file, at, Math.min(file.size, at + 16));
    const box = boxAt(head, 0, file.size - at);
    if (
      box === null ||
      (boxes === 0 && !/^(ftyp|styp|moov|mdat|free|skip|wide|pnot)$/.test(box.type))
    ) {
      return boxes === 0 ? null : layout;
    }
    const end = at + box.end;
    if (end > file.size) layout.statedBytes = end;
    if (box.type === "ftyp") layout.brand = String.fromCharCode(...head.subarray(8, 12));
    if (box.type === "mdat") layout.hasMediaData = true;
    if (box.type === "moof") layout.fragmented = true;
    if (box.type === "moov" && end <= file.size && box.end <= LARGEST_MOOV_BYTES) {
      layout.hasMoov = true;
      const moov = await readBytes(file, at, end);
      layout.tracks = readTracks(moov, { ...box, start: 0 });
      if (children(moov, { ...box, start: 0 }).some((child) => child.type === "mvex")) {
        layout.fragmented = true;
      }
    }
    // Fragments go on and on; only the last box of the file matters from here.
    at = end;
  }
  return layout;
}

/** Box header at an offset (4.2); null when it cannot be one. `available` bounds a size of 0. */
function boxAt(bytes: Uint8Array, at: number, available: number): IsoBox | null {
  if (at + 8 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null;
  let size = view.getUint32(at);
  let header = 8;
  if (size === 0) size = available;
  if (size === 1) {
    if (at + 16 > bytes.length) return null;
    size = Number(view.getBigUint64(at + 8));
    header = 16;
  }
  if (size < header) return null;
  return { type, start: at, end: at + size, content: at + header };
}

function children(bytes: Uint8Array, parent: IsoBox, skip = 0): IsoBox[] {
  const found: IsoBox[] = [];
  let at = parent.content + skip;
  const end = Math.min(parent.end, bytes.length);
  while (at + 8 <= end) {
    const box = boxAt(bytes, at, end - at);
    if (box === null || box.end > end) break;
    found.push(box);
    at = box.end;
  }
  return found;
}

function child(
  bytes: Uint8Array,
  parent: IsoBox | undefined,
  ...path: string[]
): IsoBox | undefined {
  let box = parent;
  for (const type of path) {
    if (box === undefined) return undefined;
    box = children(bytes, box).find((one) => one.type === type);
  }
  return box;
}

/**
 * Sets the dates of a file's headers to 0 (mvhd, tkhd, mdhd: 8.2.2, 8.3.2, 8.4.2), so that the same
 * packets always make the same bytes.
 */
export function eraseDates(file: Uint8Array): void {
  const whole = { type: "", start: 0, end: file.length, content: 0 };
  const moov = child(file, whole, "moov");
  if (moov === undefined) return;
  const traks = children(file, moov).filter((one) => one.type === "trak");
  const headers = [
    child(file, moov, "mvhd"),
    ...traks.flatMap((trak) => [child(file, trak, "tkhd"), child(file, trak, "mdia", "mdhd")]),
  ];
  for (const header of headers) {
    if (header === undefined) continue;
    const dateBytes = file[header.content] === 1 ? 16 : 8;
    file.fill(0, header.content + 4, header.content + 4 + dateBytes);
  }
}

function readTracks(moov: Uint8Array, box: IsoBox): IsoTrack[] {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  const mvhd = child(moov, box, "mvhd");
  const movieTimescale =
    mvhd === undefined
      ? 1
      : view.getUint32(mvhd.content + (moov[mvhd.content] === 1 ? 20 : 12)) || 1;
  const tracks: IsoTrack[] = [];
  for (const trak of children(moov, box).filter((one) => one.type === "trak")) {
    const hdlr = child(moov, trak, "mdia", "hdlr");
    const stsd = child(moov, trak, "mdia", "minf", "stbl", "stsd");
    const tkhd = child(moov, trak, "tkhd");
    if (hdlr === undefined || stsd === undefined || tkhd === undefined) continue;
    const entry = children(moov, stsd, 8)[0];
    const stbl = child(moov, trak, "mdia", "minf", "stbl");
    tracks.push({
      id: view.getUint32(tkhd.content + (moov[tkhd.content] === 1 ? 20 : 12)),
      handler: String.fromCharCode(...moov.subarray(hdlr.content + 8, hdlr.content + 12)),
      sampleDescriptions: moov.slice(stsd.start, stsd.end),
      tablesFit: sampleTablesFit(view, stbl === undefined ? [] : children(moov, stbl)),
      sampleEntry: entry?.type ?? "",
      edits: readEdits(view, child(moov, trak, "edts", "elst"), movieTimescale),
    });
  }
  return tracks;
}

/**
 * stts and ctts hold runs, stsz one entry a sample (8.6.1.2, 8.6.1.3, 8.7.3.2): no run may promise
 * samples that have no size.
 */
function sampleTablesFit(view: DataView, tables: readonly IsoBox[]): boolean {
  const stsz = tables.find((table) => table.type === "stsz");
  if (stsz === undefined) return true;
  const samples = view.getUint32(stsz.content + 8);
  const sizeEach = view.getUint32(stsz.content + 4);
  if (sizeEach === 0 && stsz.content + 12 + 4 * samples > stsz.end) return false;
  return tables.every((table) => {
    if (table.type !== "stts" && table.type !== "ctts") return true;
    const runs = view.getUint32(table.content + 4);
    if (table.content + 8 + 8 * runs > table.end) return false;
    let promised = 0;
    for (let run = 0; run < runs; run++) promised += view.getUint32(table.content + 8 + 8 * run);
    // Some writers count one sample more.
    return promised <= samples + 16;
  });
}

/** 8.6.6.2 */
function readEdits(
  view: DataView,
  elst: IsoBox | undefined,
  movieTimescale: number,
): IsoTrack["edits"] {
  if (elst === undefined) return [];
  const long = view.getUint8(elst.content) === 1;
  const size = long ? 20 : 12;
  const count = Math.min(
    view.getUint32(elst.content + 4),
    Math.floor((elst.end - elst.content - 8) / size),
  );
  return Array.from({ length: count }, (_, i) => {
    const at = elst.content + 8 + i * size;
    const duration = long ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const mediaTime = long ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    const rate = view.getInt32(at + size - 4) / 65_536;
    return { durationSeconds: duration / movieTimescale, mediaTime, rate };
  });
}
