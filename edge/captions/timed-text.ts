import type { LeftStyle, RawCue } from "./cue.ts";

/**
 * A parser for SubRip and WebVTT (W3C). It is our own, because media-captions takes a first line such as "line: 5" for
 * a setting, rounds percentages, and silently drops captions with odd times.
 */

/** The parsed contents of a SubRip or WebVTT file. */
export interface TimedText {
  cues: RawCue[];
  /** Number of lines with an arrow whose times are not valid. */
  broken: number;
  /** Kinds of styling outside the cues, all of which are left out. */
  left: ReadonlySet<LeftStyle>;
}

/** @returns null where no line has valid times */
export function parseTimedText(text: string, format: "srt" | "vtt"): TimedText | null {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const cues: RawCue[] = [];
  const left = new Set<LeftStyle>();
  let broken = 0;
  let hasTimes = false;
  let cue: { times: Omit<RawCue, "text">; lines: string[] } | null = null;
  const finish = () => {
    if (cue !== null) cues.push({ ...cue.times, text: cue.lines.join("\n").replace(/\n+$/, "") });
    cue = null;
  };
  for (const line of lines) {
    if (line.includes("-->")) {
      // In SubRip, a number on the line before belongs to the new cue.
      if (format === "srt" && /^\s*\d+\s*$/.test(cue?.lines.at(-1) ?? "")) cue?.lines.pop();
      finish();
      const times = timesOf(line);
      if (times === null) broken += 1;
      else cue = { times, lines: [] };
      hasTimes ||= times !== null;
    } else if (format === "vtt" && line === "") {
      finish();
    } else if (cue !== null) {
      // SubRip has no rule for an empty line within a text. As in FFmpeg, the text continues until the next times.
      cue.lines.push(line);
    } else if (format === "vtt" && /^(STYLE|REGION)\b/.test(line)) {
      left.add(line.startsWith("STYLE") ? "fonts and colours" : "positions");
    }
  }
  finish();
  return hasTimes ? { cues, broken, left } : null;
}

const TIMES =
  /^\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?\s*-->\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?(?:\s+(.*))?$/;

function timesOf(line: string): Omit<RawCue, "text"> | null {
  const found = TIMES.exec(line);
  if (found === null) return null;
  return {
    startMs: millisecondsOf(found.slice(1, 5)),
    endMs: millisecondsOf(found.slice(5, 9)),
    settings: found[9]?.trim() ?? "",
  };
}

/** @param parts hours, minutes, seconds, and the digits of the fraction */
function millisecondsOf([hours, minutes, seconds, fraction]: readonly (
  | string
  | undefined
)[]): number {
  const whole = (Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Math.round(1000 * (whole + Number(`0.${fraction ?? 0}`)));
}
