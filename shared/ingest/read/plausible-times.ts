import type { IsoTrack } from "../../isobmff/tracks.ts";
import { TributaryError } from "../../job/errors.ts";
import { TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";
import { lengthSeconds } from "./visible-window.ts";

/** Shorter sources with few bytes may well be a still picture, and are not refused. */
const LONG_SECONDS = 6 * 3600;
/** A tenth of what the headers of an idle screen recording take. */
const FEWEST_BYTES_A_SECOND = 16;

/**
 * A track may be longer than the movie, because recordings are trimmed. It is refused when it is longer than
 * LONGER_THAN_MOVIE times the movie plus LONGER_BY_SECONDS, and has fewer bytes a second than
 * FEWEST_BYTES_OF_TRIMMED.
 */
const LONGER_THAN_MOVIE = 10;
const LONGER_BY_SECONDS = 60;
const FEWEST_BYTES_OF_TRIMMED = 1_000;

/** The fastest cameras whose files are known make a thousand frames a second. */
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
 * The same for a video track of a file of the ISO family. It compares the length of the movie (`mvhd`), the
 * track's own length (`stts`), and the number of samples.
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
