import type { IsoTrack } from "../../isobmff/tracks.ts";
import { shownEdits } from "./edit-list.ts";
import type { IsoLayout } from "./iso-layout.ts";

export interface VisibleWindow {
  startSeconds: number;
  endSeconds: number;
  /**
   * Demuxer time at which the first picture is shown; null: its own time. An edit may start between two pictures.
   * libavformat then moves the first whole one to the edit's start and leaves the audio where it is
   * (mov_fix_index), and every browser built on libavformat shows it so.
   */
  shownFromSeconds: number | null;
}

export const EVERYTHING: VisibleWindow = {
  startSeconds: Number.NEGATIVE_INFINITY,
  endSeconds: Number.POSITIVE_INFINITY,
  shownFromSeconds: null,
};

/**
 * The time in which pictures are visible. MP4 and QuickTime files hide pictures before time 0 (mediabunny has
 * applied the offset of their edit list) and after the end of the edit. Other containers hide nothing and may
 * start at any time.
 */
export function visibleWindow(
  container: string,
  track: IsoTrack | undefined,
  layout: IsoLayout | null,
): VisibleWindow {
  if (container !== "mp4" && container !== "mov") return EVERYTHING;
  const [edit] = track === undefined ? [] : shownEdits(track);
  // Fragmented files state 0: as long as it lasts (14496-12, 8.6.6.1).
  if (edit === undefined || layout?.fragmented === true || edit.durationSeconds === Infinity) {
    return { ...EVERYTHING, startSeconds: 0 };
  }
  const { startSeconds, durationSeconds } = edit;
  return {
    startSeconds: 0,
    endSeconds: startSeconds + durationSeconds,
    shownFromSeconds: startSeconds,
  };
}

/** Total duration of a track's samples, in seconds; 0 where the container does not state it. */
export function lengthSeconds(track: IsoTrack | undefined): number {
  if (track === undefined) return 0;
  const { decodeRuns, timescale } = track;
  let ticks = 0;
  for (let run = 0; run < decodeRuns.length; run += 2)
    ticks += (decodeRuns[run] ?? 0) * (decodeRuns[run + 1] ?? 0);
  return ticks / timescale;
}
