import type { Cue } from "../../shared/captions/webvtt.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { type Notice, notice } from "../../shared/job/notice.ts";
import type { CaptionFormat } from "../../shared/wire/captions.ts";
import { parseAss } from "./ass.ts";
import type { LeftStyle } from "./cue.ts";
import { reduceMarkup } from "./markup.ts";
import { boundedSettings, settingsOfPlace } from "./settings.ts";
import { parseTimedText } from "./timed-text.ts";

/** A film has about 2,000 captions. */
const MOST_CUES = 50_000;
const MOST_CUE_CHARACTERS = 2_000;
const LATEST_MS = 99 * 3_600_000;

export interface ReadOptions {
  /** Added to all times. */
  offsetMs: number;
  /** End of the video; null where it is not known. */
  endMs: number | null;
  /** The span of the file's times (after the offset) that the video shows; absent: all. */
  part?: { startMs: number; endMs: number } | undefined;
}

/** The contents of a captions file. */
export interface ReadCaptions {
  /** Sorted by their starts. */
  cues: Cue[];
  notices: Notice[];
}

/** Parsed cues, before their lengths are limited and their times checked. */
interface Parsed {
  cues: (Cue & { left: ReadonlySet<LeftStyle> })[];
  broken: number;
  left: ReadonlySet<LeftStyle>;
}

/**
 * Reads the cues of an untrusted file. Markup other than WebVTT's is removed, and settings are limited to valid values.
 * @throws TributaryError CAPTIONS_INVALID
 */
export function readCaptions(
  text: string,
  format: CaptionFormat,
  { offsetMs, endMs, part }: ReadOptions,
): ReadCaptions {
  const parsed = format === "ass" ? fromAss(text) : fromTimedText(text, format);
  if (parsed === null) {
    throw invalid(`This is no file with captions of the kind .${format}.`);
  }
  if (parsed.cues.length > MOST_CUES)
    throw invalid(`The file has more than ${MOST_CUES} captions.`);
  const left = new Set<LeftStyle>(parsed.left);
  const tally = { broken: parsed.broken, cut: 0, late: 0 };
  const cues: Cue[] = [];
  for (const { left: leftHere, ...given } of parsed.cues) {
    const cue = part === undefined ? moved(given, offsetMs) : within(moved(given, offsetMs), part);
    if (cue === null) continue;
    const startMs = Math.max(0, Math.round(cue.startMs));
    const stopMs = Math.round(cue.endMs);
    if (startMs >= stopMs || stopMs > LATEST_MS || isBlank(cue.text)) {
      // A drawing without words does not count as a lost caption.
      if (!leftHere.has("drawings")) tally.broken += 1;
      for (const style of leftHere) left.add(style);
      continue;
    }
    for (const style of leftHere) left.add(style);
    if (endMs !== null && startMs >= endMs) tally.late += 1;
    const isLong = cue.text.length > MOST_CUE_CHARACTERS;
    if (isLong) tally.cut += 1;
    cues.push({ ...cue, startMs, endMs: stopMs, text: isLong ? shortened(cue.text) : cue.text });
  }
  if (cues.length === 0) {
    const where = part === undefined ? "" : " in this part of the video";
    throw invalid(`The file holds no captions that can be shown${where}.`);
  }
  cues.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  return { cues, notices: noticesOf(left, tally) };
}

function moved<C extends Pick<Cue, "startMs" | "endMs">>(cue: C, byMs: number): C {
  return { ...cue, startMs: cue.startMs + byMs, endMs: cue.endMs + byMs };
}

/** The section of a cue that lies in a part of the video, in times from the part's start; null where none does. */
function within<C extends Pick<Cue, "startMs" | "endMs">>(
  cue: C,
  part: { startMs: number; endMs: number },
): C | null {
  // A cue with invalid times is kept here, so that it is counted as broken.
  if (cue.startMs < cue.endMs && (cue.endMs <= part.startMs || cue.startMs >= part.endMs))
    return null;
  return moved({ ...cue, endMs: Math.min(cue.endMs, part.endMs) }, -part.startMs);
}

function fromAss(text: string): Parsed | null {
  const cues = parseAss(text);
  return cues && { cues, broken: 0, left: new Set() };
}

function fromTimedText(text: string, format: "srt" | "vtt"): Parsed | null {
  const parsed = parseTimedText(text, format);
  if (parsed === null) return null;
  const cues = parsed.cues.map(({ startMs, endMs, text: raw, settings: given }) => {
    const { text: reduced, place, left } = reduceMarkup(raw, format);
    // SubRip's pixel coordinates are dropped: the size of the picture that they refer to is not known.
    const { settings, isReduced } = boundedSettings(given);
    return {
      startMs,
      endMs,
      text: reduced,
      settings: place === null ? settings : settingsOfPlace(place),
      left: isReduced ? new Set([...left, "positions" as const]) : left,
    };
  });
  return { cues, broken: parsed.broken, left: parsed.left };
}

function isBlank(text: string): boolean {
  return text.replaceAll(/<[^>]*>/g, "").trim() === "";
}

/** Cuts a text that is too long. The rest is plain text, because a cut could leave incomplete markup. */
function shortened(text: string): string {
  const plain = text.replaceAll(/<[^>]*>/g, "");
  return `${plain.slice(0, MOST_CUE_CHARACTERS).replace(/&[a-z]*$/, "")}…`;
}

function noticesOf(
  left: ReadonlySet<LeftStyle>,
  { broken, cut, late }: { broken: number; cut: number; late: number },
): Notice[] {
  const notices: Notice[] = [];
  if (left.size > 0) {
    const which = [...left].sort().join(", ");
    notices.push(notice("CAPTION_STYLES_LEFT_OUT", `Styling that is left out: ${which}.`));
  }
  if (broken > 0) {
    const which = broken === 1 ? "1 caption was" : `${broken} captions were`;
    const why = "no text, or times that cannot be";
    notices.push(notice("CAPTION_CUES_LEFT_OUT", `${which} left out: ${why}.`));
  }
  if (cut > 0) {
    const which = cut === 1 ? "1 caption was" : `${cut} captions were`;
    const message = `${which} cut after ${MOST_CUE_CHARACTERS} characters.`;
    notices.push(notice("CAPTION_CUES_CUT", message));
  }
  if (late > 0) {
    const which = late === 1 ? "1 caption begins" : `${late} captions begin`;
    notices.push(notice("CAPTION_CUES_AFTER_END", `${which} after the end of the video.`));
  }
  return notices;
}

function invalid(message: string): TributaryError {
  return new TributaryError("CAPTIONS_INVALID", message);
}
