import type { SubtitleFacts } from "../../job/job.ts";
import { canonicalLanguage } from "../../job/language.ts";
import { type Notice, notice } from "../../job/notice.ts";
import { isTextCodec } from "../remux/extract-subtitles.ts";
import type { FfprobeReport } from "../remux/ffprobe-report.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { matroskaSubtitles } from "./matroska-subtitles.ts";
import { WEBVTT_ENTRY } from "./mp4-webvtt.ts";
import { tsSubtitles } from "./ts-streams.ts";

/** Lists a source's subtitles. Texts are carried over; for the others there is a notice. */

/** Handlers of tracks with texts for people to read (ISO/IEC 14496-12, 12.5 and 12.6; QuickTime; 3GPP). */
const HANDLERS: readonly string[] = ["sbtl", "subt", "clcp", "text"];

/** Sample entries that are read as text: 3GPP's and QuickTime's by FFmpeg, and WebVTT. */
const TEXT_ENTRIES: readonly string[] = ["tx3g", "text", WEBVTT_ENTRY];

const MOST_TRACKS = 64;

/** The tracks of a file that is read as it is. */
export async function findSubtitles(
  file: Blob,
  layout: IsoLayout | null,
): Promise<SubtitleFacts[]> {
  if (layout === null) {
    return [...(await matroskaSubtitles(file)), ...(await tsSubtitles(file))].slice(0, MOST_TRACKS);
  }
  const chapters = new Set(layout.tracks.flatMap(({ chapterTracks }) => chapterTracks));
  return layout.tracks
    .filter(({ id, handler }) => HANDLERS.includes(handler) && !chapters.has(id))
    .slice(0, MOST_TRACKS)
    .map(({ sampleEntry, language }) => ({
      codec: sampleEntry,
      language: canonicalLanguage(language),
      title: null,
      isText: TEXT_ENTRIES.includes(sampleEntry),
    }));
}

/** The tracks of a file that ffmpeg has read. */
export function reportedSubtitles({ streams }: FfprobeReport): SubtitleFacts[] {
  return streams
    .filter(({ type }) => type === "subtitle")
    .slice(0, MOST_TRACKS)
    .map(({ codec, language, title }) => ({
      codec,
      language: canonicalLanguage(language),
      title: title?.slice(0, 200) ?? null,
      isText: isTextCodec(codec),
    }));
}

export function subtitlesLeftOut(tracks: readonly SubtitleFacts[]): Notice[] {
  const left = tracks.filter(({ isText }) => !isText);
  if (left.length === 0) return [];
  const which =
    left.length === 1
      ? "A track of its subtitles is left out"
      : `${left.length} tracks of its subtitles are left out`;
  const named = left.map(({ codec, language }) => {
    return language === "und" ? codec : `${codec}, ${language}`;
  });
  const kinds = [...new Set(named)].join("; ").slice(0, 200);
  return [
    notice("SUBTITLES_LEFT_OUT", `${which}: not text, or of a kind that is not read (${kinds}).`),
  ];
}
