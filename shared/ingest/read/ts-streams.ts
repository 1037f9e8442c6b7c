import type { SubtitleFacts } from "../../job/job.ts";
import { canonicalLanguage } from "../../job/language.ts";
import { readBytes } from "./sniff.ts";

/**
 * Lists the audio and subtitles that an MPEG transport stream states (ISO/IEC 13818-1). mediabunny leaves out
 * tracks of kinds that it does not know, and nothing must go missing in silence.
 */

/** How much is read at the start; programme tables come several times a second. */
const LOOK_BYTES = 4 * 1024 * 1024;

const SYNC_BYTE = 0x47;

/** stream_type values of audio (table 2-34, ATSC A/53, Blu-ray). */
const SOUND_TYPES = new Set([
  0x03, 0x04, 0x0f, 0x11, 0x1c, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
]);

/** Descriptors that mark a private stream (type 6) as audio: AC-3, E-AC-3, DTS, AAC (ETSI EN 300 468). */
const SOUND_DESCRIPTORS = new Set([0x6a, 0x7a, 0x7b, 0x7c]);

/** Subtitles of Blu-ray (presentation graphics, text), and descriptors of DVB's, under FFmpeg's names. */
const SUBTITLE_TYPES = new Map([
  [0x90, "hdmv_pgs_subtitle"],
  [0x92, "hdmv_text_subtitle"],
]);
const SUBTITLE_DESCRIPTORS = new Map([
  [0x56, "dvb_teletext"],
  [0x59, "dvb_subtitle"],
]);

/** A stream of the first programme, as its table describes it. */
interface TsStream {
  pid: number;
  type: number;
  descriptors: Uint8Array;
}

/** PIDs of the first programme's audio; empty when the file is not a transport stream. */
export async function soundPids(file: Blob): Promise<number[]> {
  const streams = await firstProgrammeOf(file);
  return streams.filter(isSound).map(({ pid }) => pid);
}

/** The first programme's subtitles. All are pictures or teletext, which are not carried over. */
export async function tsSubtitles(file: Blob): Promise<SubtitleFacts[]> {
  return (await firstProgrammeOf(file)).flatMap(subtitlesOf);
}

async function firstProgrammeOf(file: Blob): Promise<TsStream[]> {
  const head = await readBytes(file, 0, Math.min(file.size, LOOK_BYTES));
  const shape = packetShape(head);
  if (shape === null) return [];
  let pmtPid: number | null = null;
  for (let at = shape.first; at + 188 <= head.length; at += shape.step) {
    const packet = head.subarray(at, at + 188);
    if (packet[0] !== SYNC_BYTE) continue;
    const pid = u16(packet, 1) & 0x1fff;
    if (pid !== 0 && pid !== pmtPid) continue;
    const section = sectionStart(packet);
    if (section === null) continue;
    if (pid === 0) pmtPid ??= firstProgramme(section);
    else return streamsOf(section);
  }
  return [];
}

/** 188 bytes a packet, 192 on Blu-ray, 204 with error correction. */
function packetShape(head: Uint8Array): { first: number; step: number } | null {
  for (const step of [188, 192, 204]) {
    for (let first = 0; first < step; first++) {
      const synced = [0, 1, 2, 3, 4].every((i) => head[first + i * step] === SYNC_BYTE);
      if (synced) return { first, step };
    }
  }
  return null;
}

/** The section that begins in a packet, without its pointer (2.4.4.1). */
function sectionStart(packet: Uint8Array): Uint8Array | null {
  const startsUnit = ((packet[1] ?? 0) & 0x40) !== 0;
  const control = (packet[3] ?? 0) & 0x30;
  if (!startsUnit || (control & 0x10) === 0) return null;
  let at = 4;
  if ((control & 0x20) !== 0) at += 1 + (packet[4] ?? 0);
  at += 1 + (packet[at] ?? 0);
  return at < packet.length ? packet.subarray(at) : null;
}

/** 2.4.4.3 */
function firstProgramme(section: Uint8Array): number | null {
  const end = Math.min(section.length, 3 + (u16(section, 1) & 0xfff) - 4);
  for (let at = 8; at + 4 <= end; at += 4) {
    if (u16(section, at) !== 0) return u16(section, at + 2) & 0x1fff;
  }
  return null;
}

/** 2.4.4.8; tables longer than one packet are read as far as they go. */
function streamsOf(section: Uint8Array): TsStream[] {
  const end = Math.min(section.length, 3 + (u16(section, 1) & 0xfff) - 4);
  const streams: TsStream[] = [];
  let at = 12 + (u16(section, 10) & 0xfff);
  while (at + 5 <= end) {
    const size = u16(section, at + 3) & 0xfff;
    const descriptors = section.subarray(at + 5, at + 5 + size);
    const pid = u16(section, at + 1) & 0x1fff;
    streams.push({ pid, type: section[at] ?? 0, descriptors });
    at += 5 + size;
  }
  return streams;
}

function isSound({ type, descriptors }: TsStream): boolean {
  return SOUND_TYPES.has(type) || (type === 6 && describesSound(descriptors));
}

/** A DVB descriptor may name several languages, each of which is a track (ETSI EN 300 468, 6.2.41 and 6.2.43). */
function subtitlesOf({ type, descriptors }: TsStream): SubtitleFacts[] {
  const facts = (codec: string, language: string): SubtitleFacts => {
    return { codec, language: canonicalLanguage(language), title: null, isText: false };
  };
  const ofBluRay = SUBTITLE_TYPES.get(type);
  if (ofBluRay !== undefined) return [facts(ofBluRay, "und")];
  if (type !== 6) return [];
  const found: SubtitleFacts[] = [];
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + (descriptors[at + 1] ?? 0)) {
    const codec = SUBTITLE_DESCRIPTORS.get(descriptors[at] ?? 0);
    if (codec === undefined) continue;
    const end = at + 2 + (descriptors[at + 1] ?? 0);
    const entryBytes = codec === "dvb_teletext" ? 5 : 8;
    const languages: string[] = [];
    for (let entry = at + 2; entry + entryBytes <= end; entry += entryBytes) {
      languages.push(String.fromCharCode(...descriptors.subarray(entry, entry + 3)));
    }
    const named = [...new Set(languages)].map((language) => facts(codec, language));
    found.push(...(named.length === 0 ? [facts(codec, "und")] : named));
  }
  return found;
}

function describesSound(descriptors: Uint8Array): boolean {
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + (descriptors[at + 1] ?? 0)) {
    const tag = descriptors[at] ?? 0;
    if (SOUND_DESCRIPTORS.has(tag)) return true;
    // registration_descriptor (2.6.8)
    const format = String.fromCharCode(...descriptors.subarray(at + 2, at + 6));
    if (tag === 5 && /^(Opus|AC-3|EAC3|DTS[123]|BSSD)$/.test(format)) return true;
  }
  return false;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
