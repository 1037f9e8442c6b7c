import { type CellGrid, coarser, coarsestLuma, type GridSize, gridSize } from "./cell-grid.ts";
import { FitMeter, type PictureFit } from "./picture-fit.ts";
import { type SourceWindow, SourceWindows } from "./source-window.ts";
import { measureTiles, type TileFigures } from "./tile-meter.ts";

/** A rendition's measurements for a verdict: one entry for each picture, in order. */
export interface RenditionFigures {
  fits: PictureFit[];
  tiles: TileFigures[];
}

/** Measures all renditions of a source picture by picture. It keeps the figures, but only two pictures. */
export class LadderMeter {
  /** Size of the source's grids: the finest size of all renditions. */
  readonly sourceSize: GridSize;
  readonly #renditions: readonly RenditionMeter[];
  readonly #windows: { size: GridSize; windows: SourceWindows; now: SourceWindow | null }[] = [];
  #made: readonly CellGrid[] = [];

  constructor(renditions: readonly { width: number; height: number }[]) {
    this.#renditions = renditions.map((each) => new RenditionMeter(gridSize(each)));
    for (const { size } of this.#renditions) {
      if (this.#windows.some((each) => each.size.columns === size.columns)) continue;
      this.#windows.push({ size, windows: new SourceWindows(), now: null });
    }
    const sizes = this.#windows.map(({ size }) => size);
    this.sourceSize = sizes.reduce((a, b) => (a.columns > b.columns ? a : b));
  }

  /** Size of each rendition's grids, in the order of the renditions. */
  get sizes(): GridSize[] {
    return this.#renditions.map(({ size }) => size);
  }

  /** @param made what the renditions show in place of this source picture */
  add(source: CellGrid, made: readonly CellGrid[]): void {
    this.#measure(source);
    this.#made = made;
  }

  /** Measures the last picture, too; no picture can be added afterwards. */
  finish(): RenditionFigures[] {
    this.#measure(null);
    return this.#renditions.map(({ fits, tiles }) => ({ fits, tiles }));
  }

  #measure(next: CellGrid | null): void {
    for (const each of this.#windows) {
      each.now = each.windows.add(next === null ? null : coarser(next, each.size));
    }
    for (const [index, rendition] of this.#renditions.entries()) {
      const { columns } = rendition.size;
      const window = this.#windows.find(({ size }) => size.columns === columns)?.now ?? null;
      const made = this.#made[index];
      if (window !== null && made !== undefined) rendition.add(window, made);
    }
  }
}

class RenditionMeter {
  readonly size: GridSize;
  readonly tiles: TileFigures[] = [];
  readonly #fits = new FitMeter();

  constructor(size: GridSize) {
    this.size = size;
  }

  get fits(): PictureFit[] {
    return this.#fits.fits;
  }

  add(window: SourceWindow, made: CellGrid): void {
    this.tiles.push(measureTiles(window, made));
    this.#fits.add(coarsestLuma(window.source), coarsestLuma(made));
  }
}
