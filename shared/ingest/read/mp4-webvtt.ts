import { readBoxHeader, scanBoxes } from "../../isobmff/box.ts";
import {
  fragmentDefaults,
  fragmentSpans,
  movieSpans,
  type SampleSpan,
} from "../../isobmff/sample-spans.ts";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import type { SubtitleText } from "../remux/extract-subtitles.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { readBytes } from "./sniff.ts";

/** WebVTT in MP4 (ISO/IEC 14496-30, 6), which neither mediabunny nor FFmpeg reads. */

export const WEBVTT_ENTRY = "wvtt";

/** The same limit as for texts that ffmpeg extracts, but in characters. */
const LARGEST_TEXT_CHARACTERS = 16 * 1024 * 1024;
const LARGEST_SAMPLE_BYTES = 1024 * 1024;

interface Cue {
  startSeconds: number;
  endSeconds: number;
  settings: string;
  text: string;
}

/**
 * The texts of a file's WebVTT tracks.
 * @param offsetSeconds added to all times; cues that end before 0 are left out
 */
export async function readMp4Webvtt(
  file: Blob,
  layout: IsoLayout,
  offsetSeconds: number,
  signal: AbortSignal,
): Promise<SubtitleText[]> {
  const tracks = layout.tracks.filter(({ sampleEntry }) => sampleEntry === WEBVTT_ENTRY);
  if (tracks.length === 0) return [];
  const spans = await spansOf(file, layout, tracks, signal);
  const found: SubtitleText[] = [];
  for (const [index, track] of tracks.entries()) {
    const cues = await readCues(file, track, spans[index] ?? [], { offsetSeconds, signal });
    found.push({
      track: layout.tracks.indexOf(track),
      language: track.language,
      title: null,
      isDefault: track.isEnabled,
      isForced: false,
      format: "vtt",
      text: cues.length === 0 ? "" : textOf(track, cues),
    });
  }
  return found;
}

async function spansOf(
  file: Blob,
  { moovAt, fragmented }: IsoLayout,
  tracks: readonly IsoTrack[],
  signal: AbortSignal,
): Promise<SampleSpan[][]> {
  const moov = await boxAt(file, moovAt);
  const spans = tracks.map(({ id }) => movieSpans(moov, id));
  if (!fragmented) return spans;
  const defaults = tracks.map(({ id }) => fragmentDefaults(moov, id));
  for (let at = 0; at + 8 <= file.size; ) {
    signal.throwIfAborted();
    const head = await readBytes(file, at, Math.min(file.size, at + 16));
    const header = readBoxHeader(head, 0, file.size - at);
    if (header === null || header.sizeBytes < header.headerBytes) break;
    if (header.type === "moof" && at + header.sizeBytes <= file.size) {
      const moof = await readBytes(file, at, at + header.sizeBytes);
      for (const [index, { id }] of tracks.entries()) {
        const before = spans[index] ?? [];
        const startTicks = before.at(-1)?.endTicks ?? 0;
        const from = {
          defaults: defaults[index] ?? { durationTicks: 0, sizeBytes: 0 },
          startTicks,
        };
        before.push(...fragmentSpans(moof, at, id, from));
      }
    }
    at += header.sizeBytes;
  }
  return spans;
}

async function boxAt(file: Blob, at: number): Promise<Uint8Array> {
  const head = await readBytes(file, at, Math.min(file.size, at + 16));
  const size = readBoxHeader(head, 0, file.size - at)?.sizeBytes ?? 0;
  return readBytes(file, at, at + size);
}

async function readCues(
  file: Blob,
  { timescale, edits }: IsoTrack,
  spans: readonly SampleSpan[],
  { offsetSeconds, signal }: { offsetSeconds: number; signal: AbortSignal },
): Promise<Cue[]> {
  const shift = offsetSeconds + editSeconds(edits, timescale);
  const cues: Cue[] = [];
  /** Cues of the sample before. One that goes on is in several samples, split where another cue begins or ends. */
  let going: Cue[] = [];
  let characters = 0;
  for (const { offset, sizeBytes, startTicks, endTicks } of spans) {
    signal.throwIfAborted();
    const isReadable = sizeBytes <= LARGEST_SAMPLE_BYTES && offset + sizeBytes <= file.size;
    if (!isReadable || endTicks <= startTicks) continue;
    const sample = await readBytes(file, offset, offset + sizeBytes);
    const startSeconds = shift + startTicks / timescale;
    const endSeconds = shift + endTicks / timescale;
    const here = cuesOf(sample).map((cue): Cue => {
      const same = going.find((each) => isSame(each, cue) && each.endSeconds === startSeconds);
      if (same !== undefined) return Object.assign(same, { endSeconds });
      const fresh = { ...cue, startSeconds, endSeconds };
      characters += cue.text.length;
      cues.push(fresh);
      return fresh;
    });
    if (characters > LARGEST_TEXT_CHARACTERS) break;
    going = here;
  }
  return cues
    .filter(({ endSeconds }) => endSeconds > 0)
    .map((cue) => ({ ...cue, startSeconds: Math.max(0, cue.startSeconds) }));
}

function isSame(a: Pick<Cue, "text" | "settings">, b: Pick<Cue, "text" | "settings">): boolean {
  return a.text === b.text && a.settings === b.settings;
}

/** Seconds to add to media times: empty edits delay the media; the first other edit says where it begins (8.6.6). */
function editSeconds(edits: IsoTrack["edits"], timescale: number): number {
  let delay = 0;
  for (const { durationSeconds, mediaTime } of edits) {
    if (mediaTime >= 0) return delay - mediaTime / timescale;
    delay += durationSeconds;
  }
  return delay;
}

/** The cues of a sample: `vttc` boxes with `payl` (text) and `sttg` (settings). */
function cuesOf(sample: Uint8Array): Pick<Cue, "text" | "settings">[] {
  return scanBoxes(sample, 0, sample.length)
    .boxes.filter(({ type }) => type === "vttc")
    .flatMap((cue) => {
      const parts = scanBoxes(sample, cue.bodyStart, cue.end).boxes;
      const part = (type: string) => {
        const box = parts.find((each) => each.type === type);
        return box === undefined ? "" : DECODER.decode(sample.subarray(box.bodyStart, box.end));
      };
      // A cue's text must not contain empty lines or "-->" (WebVTT, 4.2.2).
      const lines = part("payl").split(/\r\n|\r|\n/);
      const text = lines.filter((line) => line !== "" && !line.includes("-->")).join("\n");
      const settings = part("sttg").replaceAll(/\s+/g, " ").trim();
      return text === "" ? [] : [{ text, settings }];
    });
}

const DECODER = new TextDecoder();

function textOf(track: IsoTrack, cues: readonly Cue[]): string {
  const blocks = cues.map(({ startSeconds, endSeconds, settings, text }) => {
    const times = `${timestamp(startSeconds)} --> ${timestamp(endSeconds)}`;
    return `${settings === "" ? times : `${times} ${settings}`}\n${text}`;
  });
  return `${[headOf(track), ...blocks].join("\n\n")}\n`;
}

/** The text before the first cue (regions, styles), from the `vttC` box of the sample entry. */
function headOf({ sampleDescriptions: stsd }: IsoTrack): string {
  const [entry] = scanBoxes(stsd, 16, stsd.length).boxes;
  const boxes = entry === undefined ? [] : scanBoxes(stsd, entry.bodyStart + 8, entry.end).boxes;
  const config = boxes.find(({ type }) => type === "vttC");
  const head =
    config === undefined ? "" : DECODER.decode(stsd.subarray(config.bodyStart, config.end));
  return head.startsWith("WEBVTT") ? head.trimEnd() : "WEBVTT";
}

function timestamp(seconds: number): string {
  const ms = Math.round(1000 * seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}
