/** Pixels of a poster's longer side. */
export const POSTER_SIDE = 1280;

/**
 * The smallest rendition that fills a poster; else the largest.
 * @param renditions the smallest first
 */
export function forPoster<R extends { width: number; height: number }>(
  renditions: readonly R[],
): R | undefined {
  const fills = renditions.find(({ width, height }) => Math.max(width, height) >= POSTER_SIDE);
  return fills ?? renditions.at(-1);
}
