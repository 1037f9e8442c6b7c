import { readBytes } from "./sniff.ts";

/** The subtitles of a Matroska file (RFC 9559), which mediabunny does not list. */

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const SUBTITLES = 17;

/** Tracks of a feature film's disc have some kB. */
const LARGEST_TRACKS_BYTES = 4 * 1024 * 1024;
/** Elements in front of the tracks. */
const MOST_ELEMENTS = 1_000;

interface Element {
  id: number;
  start: number;
  /** Null where it says no size: it goes on to the end. */
  end: number | null;
}

/** How many tracks of subtitles there are; 0 where the file is no Matroska. */
export async function matroskaSubtitles(file: Blob): Promise<number> {
  const header = await elementOf(file, 0);
  if (header?.id !== EBML || header.end === null) return 0;
  const segment = await elementOf(file, header.end);
  if (segment?.id !== SEGMENT) return 0;
  let at = segment.start;
  for (let n = 0; n < MOST_ELEMENTS; n++) {
    const element = await elementOf(file, at);
    if (element === null || element.end === null || element.id === CLUSTER) return 0;
    if (element.id === TRACKS) return countSubtitles(await bytesOf(file, element));
    at = element.end;
  }
  return 0;
}

async function bytesOf(file: Blob, { start, end }: Element): Promise<Uint8Array> {
  const last = Math.min(file.size, end ?? start, start + LARGEST_TRACKS_BYTES);
  return readBytes(file, start, last);
}

async function elementOf(file: Blob, at: number): Promise<Element | null> {
  if (at + 2 > file.size) return null;
  const head = await readBytes(file, at, Math.min(file.size, at + 12));
  const element = readElement(head, 0);
  return element && { ...element, start: at + element.start, end: element.end && at + element.end };
}

function countSubtitles(tracks: Uint8Array): number {
  const types = childrenOf(tracks, 0, tracks.length)
    .filter(({ id }) => id === TRACK_ENTRY)
    .flatMap(({ start, end }) => childrenOf(tracks, start, end ?? start))
    .filter(({ id }) => id === TRACK_TYPE)
    .map(({ start }) => tracks[start]);
  return types.filter((type) => type === SUBTITLES).length;
}

function childrenOf(bytes: Uint8Array, from: number, to: number): Element[] {
  const children: Element[] = [];
  for (let at = from; at < to; ) {
    const element = readElement(bytes, at);
    if (element === null || element.end === null || element.end > to) break;
    children.push(element);
    at = element.end;
  }
  return children;
}

/** Identifier and size (RFC 8794, 4 and 5); null where there is none. */
function readElement(bytes: Uint8Array, at: number): Element | null {
  const idLength = Math.clz32(bytes[at] ?? 0) - 23;
  const sizeAt = at + idLength;
  const sizeLength = Math.clz32(bytes[sizeAt] ?? 0) - 23;
  if (idLength > 4 || sizeLength > 8 || sizeAt + sizeLength > bytes.length) return null;
  let id = 0;
  for (let i = at; i < sizeAt; i++) id = id * 256 + (bytes[i] ?? 0);
  const first = bytes[sizeAt] ?? 0;
  const mask = 0xff >> sizeLength;
  let size = first & mask;
  let isUnknown = size === mask;
  for (let i = 1; i < sizeLength; i++) {
    const byte = bytes[sizeAt + i] ?? 0;
    size = size * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  const start = sizeAt + sizeLength;
  return { id, start, end: isUnknown ? null : start + size };
}
