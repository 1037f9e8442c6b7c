import type { CaptionFormat } from "../../shared/wire/captions.ts";

/** A file with captions, decoded. */
export interface CaptionFile {
  format: CaptionFormat;
  text: string;
  /** The encoding is neither said nor UTF-8: it was taken for Windows-1252. */
  isGuessed: boolean;
}

const FORMATS: Record<string, CaptionFormat> = { vtt: "vtt", srt: "srt", ass: "ass", ssa: "ass" };

/** By the file's ending; null for none of them. */
export function captionFormatOf(name: string): CaptionFormat | null {
  return FORMATS[/\.([a-z]{3})$/i.exec(name)?.[1]?.toLowerCase() ?? ""] ?? null;
}

/**
 * The text of a file with captions: UTF-16 with its mark, UTF-8, or else Windows-1252, which old subtitle
 * editors of western Europe wrote.
 */
export function readCaptionFile(bytes: Uint8Array, format: CaptionFormat): CaptionFile {
  const [first, second] = bytes;
  const utf16 = first === 0xff && second === 0xfe ? "utf-16le" : "utf-16be";
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { format, text: new TextDecoder(utf16).decode(bytes), isGuessed: false };
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { format, text, isGuessed: false };
  } catch {
    return { format, text: new TextDecoder("windows-1252").decode(bytes), isGuessed: true };
  }
}
