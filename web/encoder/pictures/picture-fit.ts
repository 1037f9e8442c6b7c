/** Luma of a picture on a grid, row by row; 0..255. */
export type LumaGrid = Float32Array;

/** How a made picture lies among the source's. Figures are mean squared differences of luma. */
export interface PictureFit {
  /** Between the source's own picture and the one before it, the one after it; 0 where there is none. */
  motionBefore: number;
  motionAfter: number;
  /** How much farther away the source's neighbours are: about the motion, less it for the neighbour itself. */
  before: number;
  after: number;
}

/** Takes pictures of the source and those made of them in turn; remembers figures only. */
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

/** But for a shift of all of it, which says nothing of motion. */
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
