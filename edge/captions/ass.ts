import { escapeText } from "../../shared/captions/webvtt.ts";
import type { LeftStyle, RawCue } from "./cue.ts";
import { tidy } from "./markup.ts";
import { settingsOfPlace } from "./settings.ts";

/**
 * A parser for Advanced SubStation Alpha and SSA v4. It is our own, because the parser of media-captions splits a line
 * of dialogue at its commas and joins them differently, and drops bold and italic together with all other overrides.
 */

/** A caption of an ASS file, with the kinds of styling that are left out. */
export interface AssCue extends Omit<RawCue, "text"> {
  /** WebVTT cue text. */
  text: string;
  left: ReadonlySet<LeftStyle>;
}

interface Style {
  bold: boolean;
  italic: boolean;
  underline: boolean;
  /** Position on the screen, as a key of a numeric keypad. */
  place: number;
  /** Whether the letters have a colour other than white. */
  isColoured: boolean;
}

const PLAIN: Style = { bold: false, italic: false, underline: false, place: 2, isColoured: false };

/** @returns null where the text has no dialogue and no section for it */
export function parseAss(text: string): AssCue[] | null {
  const styles = new Map<string, Style>();
  let section = "";
  let fields: string[] = [];
  let hasEvents = false;
  const cues: AssCue[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, name] = /^\s*\[(.+)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      section = name.trim().toLowerCase();
      fields = [];
      hasEvents ||= section === "events";
      continue;
    }
    const [, key = "", value = ""] = /^\s*([A-Za-z]+):\s?(.*)$/.exec(line) ?? [];
    if (key === "Format") {
      fields = value.split(",").map((field) => field.trim().toLowerCase());
    } else if (key === "Style" && section.endsWith("styles")) {
      const style = record(fields, value);
      const isOld = section === "v4 styles";
      styles.set((style.get("name") ?? "").replace(/^\*/, ""), styleOf(style, isOld));
    } else if (key === "Dialogue" && section === "events") {
      const cue = cueOf(record(fields, value), styles);
      if (cue !== null) cues.push(cue);
    }
  }
  return hasEvents ? cues : null;
}

/** The values of a line by field name. The last field has the rest of the line, including commas. */
function record(fields: readonly string[], line: string): Map<string, string> {
  const values = line.split(",");
  const last = fields.length - 1;
  return new Map(
    fields.map((field, index) => [
      field,
      index === last ? values.slice(index).join(",") : (values[index] ?? "").trim(),
    ]),
  );
}

function styleOf(fields: ReadonlyMap<string, string>, isOld: boolean): Style {
  const is = (name: string) => Number(fields.get(name) ?? 0) !== 0;
  const alignment = Number(fields.get("alignment") ?? 2);
  return {
    bold: is("bold"),
    italic: is("italic"),
    underline: is("underline"),
    place: placeOf(isOld ? fromOldAlignment(alignment) : alignment),
    isColoured: isColoured(fields.get("primarycolour") ?? ""),
  };
}

/**
 * Whether a colour is other than white. It is written as `&HAABBGGRR`, or as a decimal number of the same value; alpha
 * is ignored.
 */
function isColoured(colour: string): boolean {
  const value = /^&H/i.test(colour) ? Number.parseInt(colour.slice(2), 16) : Number(colour);
  return colour !== "" && Number.isFinite(value) && (value & 0xff_ff_ff) !== 0xff_ff_ff;
}

function placeOf(alignment: number): number {
  return Number.isInteger(alignment) && alignment >= 1 && alignment <= 9 ? alignment : 2;
}

/** Converts SSA's alignment: 1 to 3 at the bottom, plus 4 for the top or 8 for the middle. */
function fromOldAlignment(alignment: number): number {
  const column = alignment & 3;
  return alignment & 4 ? column + 6 : alignment & 8 ? column + 3 : column;
}

function cueOf(
  fields: ReadonlyMap<string, string>,
  styles: ReadonlyMap<string, Style>,
): AssCue | null {
  const startMs = millisecondsOf(fields.get("start") ?? "");
  const endMs = millisecondsOf(fields.get("end") ?? "");
  if (startMs === null || endMs === null) return null;
  const style = styles.get((fields.get("style") ?? "").replace(/^\*/, "")) ?? PLAIN;
  const { text, place, left } = reduceAss(fields.get("text") ?? "", style);
  if (style.isColoured) left.add("fonts and colours");
  return { startMs, endMs, text, settings: settingsOfPlace(place ?? style.place), left };
}

function millisecondsOf(time: string): number | null {
  const [, hours, minutes, seconds] =
    /^(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)$/.exec(time) ?? [];
  if (seconds === undefined) return null;
  return Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000);
}

type Emphasis = "b" | "i" | "u";

/** The dialogue's text, with bold, italic and underlined as WebVTT tags. */
function reduceAss(
  source: string,
  style: Style,
): { text: string; place: number | null; left: Set<LeftStyle> } {
  const left = new Set<LeftStyle>();
  let place: number | null = null;
  const base = { b: style.bold, i: style.italic, u: style.underline };
  let wanted = { ...base };
  let isDrawing = false;
  let out = "";
  const open: Emphasis[] = [];
  const settle = () => {
    const first = open.findIndex((tag) => !wanted[tag]);
    if (first !== -1) for (const tag of open.splice(first).reverse()) out += `</${tag}>`;
    for (const tag of ["b", "i", "u"] as const) {
      if (!wanted[tag] || open.includes(tag)) continue;
      open.push(tag);
      out += `<${tag}>`;
    }
  };
  for (const part of source.split(/(\{[^}]*\})/)) {
    if (!/^\{.*\}$/s.test(part)) {
      if (part === "") continue;
      if (isDrawing) {
        left.add("drawings");
        continue;
      }
      settle();
      out += escapeText(part.replaceAll(/\\[Nn]/g, "\n").replaceAll("\\h", "\u00a0"));
      continue;
    }
    for (const [, override = ""] of part.slice(1, -1).matchAll(/\\([^\\]*)/g)) {
      const [, tag = "", value = ""] = OVERRIDE.exec(override) ?? [];
      if (tag === "b") wanted.b = value === "" ? base.b : value === "1" || Number(value) >= 600;
      else if (tag === "i" || tag === "u") wanted[tag] = value === "" ? base[tag] : value === "1";
      else if (tag === "an") place ??= placeOf(Number(value));
      else if (tag === "a") place ??= placeOf(fromOldAlignment(Number(value)));
      else if (tag === "r") wanted = { ...base };
      else if (tag === "p") isDrawing = Number(value) > 0;
      else if (/^(pos|move|org)/.test(override)) left.add("positions");
      else if (/^(k|K|t|fad|clip|iclip|fr|fa)/.test(override)) left.add("effects");
      else if (override !== "") left.add("fonts and colours");
    }
  }
  for (const tag of open.reverse()) out += `</${tag}>`;
  return { text: tidy(out), place, left };
}

/** Overrides: alignment (new and old), bold, italic, underlined, drawing, reset to a style. */
const OVERRIDE = /^(an|a|b|i|u|p|r)(-?\d*|(?<=r).*)$/;
