import type { SubtitleFacts } from "../../job/job.ts";
import { canonicalLanguage } from "../../job/language.ts";
import { readBytes } from "./sniff.ts";

/** The subtitles of a Matroska file (RFC 9559), which mediabunny does not list. */

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const CODEC_ID = 0x86;
const NAME = 0x536e;
const LANGUAGE = 0x22b59c;
const LANGUAGE_BCP47 = 0x22b59d;
const SUBTITLES = 17;

/** The Tracks element of a feature film's disc has some kB. */
const LARGEST_TRACKS_BYTES = 4 * 1024 * 1024;
/** Most elements that are read in search of Tracks. */
const MOST_ELEMENTS = 1_000;

interface Element {
  id: number;
  start: number;
  /** Null where no size is stated: the element goes on to the end. */
  end: number | null;
}

/** Texts that FFmpeg reads; all others are pictures (S_HDMV/PGS, S_VOBSUB, S_DVBSUB, ...). */
const TEXT = /^(S_TEXT\/(UTF8|ASCII|ASS|SSA|WEBVTT)|S_ASS|S_SSA|D_WEBVTT\/\w+)$/;

/** The tracks of subtitles; empty when the file is not Matroska. */
export async function matroskaSubtitles(file: Blob): Promise<SubtitleFacts[]> {
  const header = await elementOf(file, 0);
  if (header?.id !== EBML || header.end === null) return [];
  const segment = await elementOf(file, header.end);
  if (segment?.id !== SEGMENT) return [];
  let at = segment.start;
  for (let n = 0; n < MOST_ELEMENTS; n++) {
    const element = await elementOf(file, at);
    if (element === null || element.end === null || element.id === CLUSTER) return [];
    if (element.id === TRACKS) return subtitlesOf(await bytesOf(file, element));
    at = element.end;
  }
  return [];
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

function subtitlesOf(tracks: Uint8Array): SubtitleFacts[] {
  return childrenOf(tracks, 0, tracks.length)
    .filter(({ id }) => id === TRACK_ENTRY)
    .map(({ start, end }) => childrenOf(tracks, start, end ?? start))
    .filter(
      (fields) => tracks[fields.find(({ id }) => id === TRACK_TYPE)?.start ?? -1] === SUBTITLES,
    )
    .map((fields) => {
      const text = (wanted: number): string | null => {
        const field = fields.find(({ id }) => id === wanted);
        if (field === undefined) return null;
        // Text may be padded with zeros (RFC 8794, 7.5).
        const bytes = tracks.subarray(field.start, field.end ?? field.start);
        return readUtf8(bytes).replace(/\0.*$/s, "");
      };
      const codec = (text(CODEC_ID) ?? "unknown").slice(0, 100);
      return {
        codec,
        // The default is English (RFC 9559, 5.1.4.1.19).
        language: canonicalLanguage(text(LANGUAGE_BCP47) ?? text(LANGUAGE) ?? "eng"),
        title: text(NAME)?.slice(0, 200) ?? null,
        isText: TEXT.test(codec),
      };
    });
}

function readUtf8(bytes: Uint8Array): string {
  const encoded = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  try {
    return decodeURIComponent(encoded);
  } catch {
    return String.fromCharCode(...bytes);
  }
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
