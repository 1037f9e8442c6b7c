/** Luma of a picture on a grid, row by row; 0..255. */
export type LumaGrid = Float32Array;

/** How close a made picture is to the source's pictures before and after its own. Mean squared differences of luma. */
export interface PictureFit {
  /** Difference between the source's picture and the one before it, and the one after it; 0 where there is none. */
  motionBefore: number;
  motionAfter: number;
  /**
   * By how much the made picture differs more from the source's picture before (after) than from its own. About the
   * motion for a picture in its place, about minus the motion for one that shows the neighbour.
   */
  before: number;
  after: number;
}

/** Takes pairs of a source picture and the one made of it, in order; keeps the figures and the last pair. */
export class FitMeter {
  readonly fits: PictureFit[] = [];
  #last: { source: LumaGrid; made: LumaGrid; error: number } | null = null;

  add(source: LumaGrid, made: LumaGrid): void {
    const error = difference(made, source);
    const fit: PictureFit = { motionBefore: 0, motionAfter: 0, before: 0, after: 0 };
    const last = this.#last;
    const lastFit = this.fits.at(-1);
    if (last !== null && lastFit !== undefined) {
      const motion = difference(source, last.source);
      fit.motionBefore = motion;
      fit.before = difference(made, last.source) - error;
      lastFit.motionAfter = motion;
      lastFit.after = difference(last.made, source) - last.error;
    }
    this.fits.push(fit);
    this.#last = { source, made, error };
  }
}

/** Mean squared difference, without a constant shift of the whole picture, which says nothing about motion. */
function difference(a: LumaGrid, b: LumaGrid): number {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < a.length; at += 1) {
    const each = (a[at] as number) - (b[at] as number);
    sum += each;
    squares += each * each;
  }
  return squares / a.length - (sum / a.length) ** 2;
}
