import { escapeText } from "../../shared/captions/webvtt.ts";
import type { LeftStyle } from "./cue.ts";

/**
 * Converts a file's cue text to WebVTT cue text. Bold, italic and underlined are kept, and from WebVTT also speakers
 * and ruby. Other styling is left out and reported. Anything else between angle brackets is text.
 */

/** For each format: the tags that are kept, and the styling tags that are left out. */
const TAGS = {
  srt: { kept: /^(?:b|i|u)$/, left: /^(?:font|s|strike|span|big|small)$/ },
  vtt: { kept: /^(?:b|i|u|v|ruby|rt)$/, left: /^(?:c|lang)$/ },
} as const;

const MARKUP = /<(\/?)([A-Za-z]+)((?:[.\s][^<>]*)?)>|<[\d:.]+>/g;
/** SRT's code for a position such as the top of the screen, as a key of a numeric keypad. */
const ALIGNMENT = /\{\\an?(\d{1,2})\}/g;

/** Cue text after its markup was reduced to that of WebVTT. */
export interface Reduced {
  text: string;
  /** Position as a key of a numeric keypad; null where the text has none. */
  place: number | null;
  left: ReadonlySet<LeftStyle>;
}

/** @param text of one cue, lines separated by line feeds */
export function reduceMarkup(text: string, format: "srt" | "vtt"): Reduced {
  const left = new Set<LeftStyle>();
  const open: string[] = [];
  let place: number | null = null;
  const source =
    format === "vtt"
      ? text
      : text.replace(ALIGNMENT, (_, digits: string) => {
          place ??= Number(digits);
          return "";
        });
  let out = "";
  let at = 0;
  for (const match of source.matchAll(MARKUP)) {
    const [whole, slash = "", name = "", rest = ""] = match;
    const tag = name.toLowerCase();
    out += escaped(source.slice(at, match.index), format);
    at = match.index + whole.length;
    if (name === "") {
      // A time within the text makes words appear one by one, as in karaoke.
      if (format === "vtt") left.add("effects");
      else out += escaped(whole, format);
    } else if (TAGS[format].kept.test(tag)) {
      out += slash === "" ? opening(tag, rest, open) : closing(tag, open);
    } else if (TAGS[format].left.test(tag)) {
      if (slash === "" && tag !== "lang") left.add("fonts and colours");
    } else {
      out += escaped(whole, format);
    }
  }
  out += escaped(source.slice(at), format);
  for (const tag of open.reverse()) out += `</${tag}>`;
  return { text: tidy(out), place, left };
}

/** Removes what a cue cannot have: control characters and empty lines. */
export function tidy(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
      .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f\u2028\u2029\ufeff]/g, (each) => {
        return each === "\t" ? " " : "";
      })
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line.trim() !== "")
      .join("\n")
  );
}

function opening(tag: string, rest: string, open: string[]): string {
  open.push(tag);
  if (tag !== "v") return `<${tag}>`;
  const speaker = rest.replace(/^[.\S]*/, "").trim();
  return `<v ${escapeText(unescaped(speaker)).replaceAll("\n", " ").slice(0, 100)}>`;
}

/** End tags from the innermost open one up to `tag`; none where `tag` is not open. */
function closing(tag: string, open: string[]): string {
  const index = open.lastIndexOf(tag);
  if (index === -1) return "";
  return open
    .splice(index)
    .reverse()
    .map((each) => `</${each}>`)
    .join("");
}

/** Escapes text. WebVTT input may have character references such as `&amp;`; SRT has none. */
function escaped(text: string, format: "srt" | "vtt"): string {
  return escapeText(format === "vtt" ? unescaped(text) : text);
}

const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: "\u00a0",
  lrm: "\u200e",
  rlm: "\u200f",
};

function unescaped(text: string): string {
  return text.replaceAll(/&([a-z]{2,4});/g, (whole, name: string) => NAMED[name] ?? whole);
}
