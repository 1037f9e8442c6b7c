import type { CaptionFormat } from "../../shared/wire/captions.ts";

/** A file with captions, decoded. */
export interface CaptionFile {
  format: CaptionFormat;
  text: string;
  /** The file has no byte order mark and is not UTF-8, so it was read as Windows-1252. */
  isGuessed: boolean;
}

const FORMATS: Record<string, CaptionFormat> = { vtt: "vtt", srt: "srt", ass: "ass", ssa: "ass" };

/** Format by the file name's ending; null for an unknown one. */
export function captionFormatOf(name: string): CaptionFormat | null {
  return FORMATS[/\.([a-z]{3})$/i.exec(name)?.[1]?.toLowerCase() ?? ""] ?? null;
}

/**
 * Decodes a caption file: UTF-16 where it has a byte order mark, else UTF-8, else Windows-1252, which old
 * subtitle editors of western Europe wrote.
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
