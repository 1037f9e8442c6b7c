/** Measures how much detail a frame shows. The liveliest of some frames becomes the poster. */

/** Pixels of the reduced frame that is measured. */
export const METER_WIDTH = 64;
export const METER_HEIGHT = 36;

/** The number of frames of a video that are measured. */
export const CANDIDATES = 24;

/**
 * The standard deviation of luma plus the mean difference between horizontal neighbours. It is low for black, white and
 * blurred frames.
 * @param luma 0..255, row by row
 * @returns 0 for a single colour, about 60 for a lively frame
 */
export function livelinessOf(luma: ArrayLike<number>, width: number): number {
  const all = Array.from(luma);
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, each) => sum + (each - mean) ** 2, 0) / all.length);
  const steps = all.reduce((sum, each, at) => {
    return at % width === 0 ? sum : sum + Math.abs(each - (all[at - 1] ?? each));
  }, 0);
  return deviation + steps / all.length;
}
