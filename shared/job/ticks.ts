/**
 * All media time is in integer ticks of 1/90,000 s on the job's timeline, whose zero is the first
 * visible frame of the source. Seconds are for people.
 *
 * This file has no imports, so that a page that only shows times does not load the schemas.
 */
export const TICKS_PER_SECOND = 90_000;

/** Durations that differ by at most this were equal before they were rounded to milliseconds, as Matroska files do. */
export const EVEN_WITHIN_TICKS = TICKS_PER_SECOND / 1000;

/** A time on the timeline, for people: "1:02.5". */
export function clock(ticks: number): string {
  const seconds = ticks / TICKS_PER_SECOND;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}
