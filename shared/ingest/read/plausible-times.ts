import type { IsoTrack } from "../../isobmff/tracks.ts";
import { TributaryError } from "../../job/errors.ts";
import { TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";
import { lengthSeconds } from "./visible-window.ts";

/** Shorter sources may well be a picture that stands still. */
const LONG_SECONDS = 6 * 3600;
/** A tenth of what the headers of an idle screen recording take. */
const FEWEST_BYTES_A_SECOND = 16;

/** As much longer than the movie, a track of so few bytes is no recording that was trimmed. */
const LONGER_THAN_MOVIE = 10;
const LONGER_BY_SECONDS = 60;
const FEWEST_BYTES_OF_TRIMMED = 1_000;

/** The fastest cameras that there are files of have a thousand frames a second. */
const MOST_FRAMES_A_SECOND = 2_000;

/**
 * Refuses times that cannot be right, before days of nothing are planned.
 * @throws TributaryError SOURCE_TIMES_WRONG
 */
export function refuseAbsurdLength(sizeBytes: number, durationTicks: number): void {
  const seconds = durationTicks / TICKS_PER_SECOND;
  if (seconds < LONG_SECONDS || sizeBytes >= seconds * FEWEST_BYTES_A_SECOND) return;
  throw absurd(
    `it says that it lasts ${hours(seconds)}, and has only ${(sizeBytes / 1_000_000).toFixed(1)} MB.`,
  );
}

/**
 * The same of what a file of the ISO family says of its pictures: by the length of the movie (`mvhd`), the
 * track's own (`stts`), and how many samples there are.
 * @throws TributaryError SOURCE_TIMES_WRONG
 */
export function refuseAbsurdTrack(
  track: IsoTrack | undefined,
  { bytes }: Pick<PacketList, "bytes">,
  movieSeconds: number,
): void {
  const seconds = lengthSeconds(track);
  if (track === undefined || track.decodeRuns.length === 0 || movieSeconds <= 0) return;
  const sizeBytes = bytes.reduce((sum, each) => sum + each, 0);
  const isLonger = seconds > LONGER_THAN_MOVIE * movieSeconds + LONGER_BY_SECONDS;
  if (isLonger && sizeBytes < seconds * FEWEST_BYTES_OF_TRIMMED) {
    const stated = Math.round(movieSeconds);
    throw absurd(
      `it says that it lasts ${stated} s, and its pictures go on for ${hours(seconds)}.`,
    );
  }
  if (bytes.length > 2 && bytes.length > MOST_FRAMES_A_SECOND * seconds) {
    throw absurd(`${bytes.length} pictures are said to last ${seconds.toFixed(3)} s in all.`);
  }
}

function hours(seconds: number): string {
  return seconds < 2 * 3600
    ? `${Math.round(seconds / 60)} minutes`
    : `${Math.round(seconds / 3600)} hours`;
}

function absurd(what: string): TributaryError {
  return new TributaryError("SOURCE_TIMES_WRONG", `The times in the file cannot be right: ${what}`);
}
