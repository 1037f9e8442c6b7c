import { eraseDates } from "../../isobmff/tracks.ts";
import { TributaryError } from "../../job/errors.ts";
import { type Segment, segmentDurationTicks } from "../../job/job.ts";

/** A chunk cut from the source, and where it lies; the numbers are those of `ChunkInfo`. */
export interface CutPiece {
  bytes: ArrayBuffer;
  baseTicks: number;
  trimStartTicks: number;
  trimEndTicks: number;
}

export function unreadable(message: string): TributaryError {
  return new TributaryError("CHUNK_UNREADABLE", message, { retryable: false });
}

/** The file that a muxer has written, with creation times removed, so that equal input gives equal bytes. */
export function finished(buffer: ArrayBuffer | null): ArrayBuffer {
  if (buffer === null) throw unreadable("The chunk could not be written.");
  eraseDates(new Uint8Array(buffer));
  return buffer;
}

export function spanOf(segments: readonly Segment[]): { startTicks: number; endTicks: number } {
  const last = segments.at(-1);
  return {
    startTicks: segments[0]?.startTicks ?? 0,
    endTicks: last === undefined ? 0 : last.startTicks + segmentDurationTicks(last),
  };
}

/** First position whose value is at least the wanted one. */
export function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const between = (low + high) >> 1;
    if ((sorted[between] ?? 0) < wanted) low = between + 1;
    else high = between;
  }
  return low;
}
