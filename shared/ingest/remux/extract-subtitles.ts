import type { TrimRequest } from "../../job/trim.ts";
import type { FfprobeReport } from "./ffprobe-report.ts";
import type { RemuxFfmpeg } from "./remux-ffmpeg.ts";
import { STRANGERS_FILE } from "./source-formats.ts";

/** A track of subtitles of a source, as a file of text. */
export interface SubtitleText {
  /** The stream's number in the file. */
  track: number;
  /** As the file says it: "ger", "und". */
  language: string;
  title: string | null;
  isDefault: boolean;
  isForced: boolean;
  format: "srt" | "ass" | "vtt";
  /** Empty where nothing could be read. */
  text: string;
  /** The part of the file's time that is wanted; absent: all. */
  trim?: TrimRequest;
}

/** Output format by codec: packets are copied, or decoded where no text format can hold them. */
const FORMATS: Record<string, { format: SubtitleText["format"]; encoder: string }> = {
  subrip: { format: "srt", encoder: "copy" },
  srt: { format: "srt", encoder: "srt" },
  text: { format: "srt", encoder: "srt" },
  mov_text: { format: "srt", encoder: "srt" },
  ass: { format: "ass", encoder: "copy" },
  ssa: { format: "ass", encoder: "ass" },
  webvtt: { format: "vtt", encoder: "copy" },
};

const MUXERS = { srt: "srt", ass: "ass", vtt: "webvtt" } as const;

/** Longer texts are cut off there. Texts are the only outputs that lie in ffmpeg's memory. */
const LARGEST_TEXT_BYTES = 16 * 1024 * 1024;
const MOST_TRACKS = 32;

export function isTextCodec(codec: string): boolean {
  return Object.hasOwn(FORMATS, codec);
}

/**
 * Extracts all tracks of text. Reads the file once, from end to end if its container has no index of the texts.
 * @param offsetSeconds added to all times before they are written, because ASS rounds them to hundredths
 */
export async function extractSubtitles(
  ffmpeg: RemuxFfmpeg,
  { streams }: FfprobeReport,
  offsetSeconds: number,
): Promise<SubtitleText[]> {
  const tracks = streams
    .filter(({ type, codec }) => type === "subtitle" && isTextCodec(codec))
    .slice(0, MOST_TRACKS)
    .flatMap((stream) => {
      const target = FORMATS[stream.codec];
      return target === undefined ? [] : [{ stream, ...target }];
    });
  if (tracks.length === 0) return [];
  const paths = tracks.map(({ stream }) => `/text-${stream.index}`);
  const outputs = tracks.flatMap(({ stream, format, encoder }) => [
    ...["-map", `0:${stream.index}`, "-c:s", encoder, "-fs", String(LARGEST_TEXT_BYTES)],
    ...["-map_metadata", "-1", "-f", MUXERS[format], `/text-${stream.index}`],
  ]);
  const offset = ["-itsoffset", offsetSeconds.toFixed(6)];
  const input = ["-hide_banner", "-copyts", ...offset, ...STRANGERS_FILE, "-i", ffmpeg.input];
  const texts = await ffmpeg.texts([...input, ...outputs], paths);
  return tracks.map(({ stream, format }, index) => {
    const { index: track, language, title, isDefault, isForced } = stream;
    return { track, language, title, isDefault, isForced, format, text: texts[index] ?? "" };
  });
}
