/**
 * All media time is in integer ticks of 1/90,000 s on the job's timeline, whose zero is the first
 * visible frame of the source. Seconds are for people.
 *
 * By itself, so that a page that only shows times does not load the schemas.
 */
export const TICKS_PER_SECOND = 90_000;

/** Durations that differ by no more were equal before rounding: one millisecond, as in Matroska files. */
export const EVEN_WITHIN_TICKS = TICKS_PER_SECOND / 1000;

/** A place of the timeline for people: "1:02.5". */
export function clock(ticks: number): string {
  const seconds = ticks / TICKS_PER_SECOND;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}
