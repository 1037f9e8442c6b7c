import { type Notice, notice } from "../../job/notice.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { matroskaSubtitles } from "./matroska-subtitles.ts";
import { tsSubtitles } from "./ts-streams.ts";

/** Subtitles of a source: nothing is made of them, and people are told so. */

/** Handlers of tracks with texts for people to read (ISO/IEC 14496-12, 12.5 and 12.6; QuickTime; 3GPP). */
const HANDLERS: readonly string[] = ["sbtl", "subt", "clcp", "text"];

/** How many tracks a file has that is read as it is. */
export async function countSubtitles(file: Blob, layout: IsoLayout | null): Promise<number> {
  if (layout === null) return (await matroskaSubtitles(file)) + (await tsSubtitles(file));
  const chapters = new Set(layout.tracks.flatMap(({ chapterTracks }) => chapterTracks));
  return layout.tracks.filter(({ id, handler }) => HANDLERS.includes(handler) && !chapters.has(id))
    .length;
}

export function subtitlesLeftOut(tracks: number): Notice[] {
  if (tracks === 0) return [];
  const which = tracks === 1 ? "Its subtitles are" : `Its ${tracks} tracks of subtitles are`;
  return [notice("SUBTITLES_LEFT_OUT", `${which} left out: only picture and sound are kept.`)];
}
