/** How much is to be seen in a picture, by which one is chosen to stand for a video. */

/** Pixels of the small picture that is looked at. */
export const METER_WIDTH = 64;
export const METER_HEIGHT = 36;

/** Pictures of a video that are looked at. */
export const CANDIDATES = 24;

/**
 * Standard deviation of luma, and the mean step between neighbours: little in black, white and blurred pictures.
 * @param luma 0..255, row by row
 * @returns 0 for one colour; some 60 for a lively picture
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
