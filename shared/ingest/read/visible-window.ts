import type { IsoTrack } from "../../isobmff/tracks.ts";
import { shownEdits } from "./edit-list.ts";
import type { IsoLayout } from "./iso-layout.ts";

export interface VisibleWindow {
  startSeconds: number;
  endSeconds: number;
  /**
   * Demuxer time at which the first picture is shown, when that is not its own time. An edit may
   * start between two pictures; libavformat then moves the first whole one to the edit's start
   * (mov_fix_index), sound stays, and so every browser on libavformat shows it. null: its own time.
   */
  shownFromSeconds: number | null;
}

export const EVERYTHING: VisibleWindow = {
  startSeconds: Number.NEGATIVE_INFINITY,
  endSeconds: Number.POSITIVE_INFINITY,
  shownFromSeconds: null,
};

/**
 * Where pictures are hidden: before time 0 in files with edit lists (mediabunny has applied their
 * offset), and after the end of the edit. Other containers have no such thing and may start anywhere.
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
