/** Writes WebVTT (W3C), and reads the files that it wrote. It does not read other programs' WebVTT. */

/** A caption as it is stored and shown. */
export interface Cue {
  startMs: number;
  /** Later than the start. */
  endMs: number;
  /** WebVTT cue text (WebVTT, 4.2.2): escaped, no empty line. */
  text: string;
  /** WebVTT cue settings, such as "line:0 align:start"; "" for none. */
  settings: string;
}

/** Maps time 0 of the cues to presentation time 0 of the video's segments (RFC 8216, 3.5). */
const FROM_ZERO = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000";

/** One file with all cues, for players that load captions as a separate file. */
export function writeWebvtt(cues: readonly Cue[]): string {
  return file(["WEBVTT"], cues);
}

/** A segment of a subtitle playlist: all cues that are shown in it, with their times unchanged. */
export function writeSegment(cues: readonly Cue[], fromMs: number, toMs: number): string {
  const shown = cues.filter(({ startMs, endMs }) => startMs < toMs && endMs > fromMs);
  return file(["WEBVTT", FROM_ZERO], shown);
}

/** @param text as `writeWebvtt` made it */
export function readOwnWebvtt(text: string): Cue[] {
  const [, ...blocks] = text.trimEnd().split("\n\n");
  return blocks.map((block) => {
    const end = block.indexOf("\n");
    const [start = "", , stop = "", ...settings] = block.slice(0, end).split(" ");
    return {
      startMs: millisecondsOf(start),
      endMs: millisecondsOf(stop),
      settings: settings.join(" "),
      text: block.slice(end + 1),
    };
  });
}

/** Escapes plain text for use as cue text. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A cue's text without markup. A speaker's name stands in front of the words. */
export function plainText(text: string): string {
  return text
    .replaceAll(/<v ([^<>]*)>/g, "$1: ")
    .replaceAll(/<[^<>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function file(head: readonly string[], cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, settings, text }) => {
    const timing = `${timestamp(startMs)} --> ${timestamp(endMs)}`;
    return `${settings === "" ? timing : `${timing} ${settings}`}\n${text}`;
  });
  return `${[head.join("\n"), ...blocks].join("\n\n")}\n`;
}

function timestamp(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const fraction = String(ms % 1000).padStart(3, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${fraction}`;
}

function millisecondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
}
