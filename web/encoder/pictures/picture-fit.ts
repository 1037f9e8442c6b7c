import type { LumaGrid } from "./luma-grid.ts";

/** How a made picture lies among the source's. Figures are mean squared differences of luma. */
export interface PictureFit {
  /** From its own source picture. */
  error: number;
  /** Of the source picture from its mean: what a picture without anything on it would be off by. */
  contrast: number;
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
  #last: { source: LumaGrid; made: LumaGrid } | null = null;

  add(source: LumaGrid, made: LumaGrid): void {
    const error = difference(made, source);
    const fit: PictureFit = {
      ...{ error, contrast: contrast(source) },
      ...{ motionBefore: 0, motionAfter: 0, before: 0, after: 0 },
    };
    const last = this.#last;
    const lastFit = this.fits.at(-1);
    if (last !== null && lastFit !== undefined) {
      const motion = difference(source, last.source);
      fit.motionBefore = motion;
      fit.before = difference(made, last.source) - error;
      lastFit.motionAfter = motion;
      lastFit.after = difference(last.made, source) - lastFit.error;
    }
    this.fits.push(fit);
    this.#last = { source, made };
  }
}

function difference(a: LumaGrid, b: LumaGrid): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) {
    const each = (a[at] as number) - (b[at] as number);
    sum += each * each;
  }
  return sum / a.length;
}

function contrast(grid: LumaGrid): number {
  let sum = 0;
  let squares = 0;
  for (const each of grid) {
    sum += each;
    squares += each * each;
  }
  return squares / grid.length - (sum / grid.length) ** 2;
}
