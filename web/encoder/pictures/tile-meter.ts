import type { CellGrid } from "./cell-grid.ts";
import type { SourceWindow } from "./source-window.ts";

/** Most luma cells along a tile's side; chroma has half as many. */
const MOST_CELLS = 8;
/** Least number of tiles along a picture's long side: a tile is at most 0.7 % of a picture. */
const LEAST_TILES = 16;

/** How each tile of a picture differs from the source's: one value for each plane and tile, see `tileAt`. */
export interface TileFigures {
  columns: number;
  rows: number;
  /** Mean squared difference. */
  error: Float32Array;
  /** Mean difference. */
  shift: Float32Array;
  /** Mean squared distance beyond the limits of what an encoder may put there (see `SourceWindow`). */
  excess: Float32Array;
  /** Mean square of the source's own detail: a cell's distance from the middle of its limits. */
  detail: Float32Array;
  /** Mean product of difference and detail: below zero where detail is lost, above where it is added. */
  gain: Float32Array;
}

export const PLANES = [0, 1, 2] as const;

/**
 * Index of a tile's value in a figure.
 * @param tile counted row by row
 */
export function tileAt({ columns, rows }: TileFigures, plane: number, tile: number): number {
  return plane * columns * rows + tile;
}

/** Compares one picture of a rendition with the source, tile by tile. */
export function measureTiles(window: SourceWindow, made: CellGrid): TileFigures {
  const { source } = window;
  const tile = Math.min(MOST_CELLS, Math.max(source.columns, source.rows) / LEAST_TILES);
  const [columns, rows] = [source.columns / tile, source.rows / tile];
  const empty = (): Float32Array => new Float32Array(PLANES.length * columns * rows);
  const figures: TileFigures = {
    ...{ columns, rows },
    ...{ error: empty(), shift: empty(), excess: empty(), detail: empty(), gain: empty() },
  };
  for (const plane of PLANES) {
    const side = plane === 0 ? tile : tile / 2;
    const cells = {
      should: source.planes[plane],
      is: made.planes[plane],
      least: window.least[plane],
      greatest: window.greatest[plane],
      ...{ side, stride: columns * side },
    };
    for (let at = 0; at < columns * rows; at += 1) {
      const [column, row] = [at % columns, Math.floor(at / columns)];
      const first = row * side * cells.stride + column * side;
      measureTile(cells, first, figures, tileAt(figures, plane, at));
    }
  }
  return figures;
}

interface Cells {
  should: Float32Array;
  is: Float32Array;
  least: Float32Array;
  greatest: Float32Array;
  /** Side of a tile, and the step from a row to the next, in cells. */
  side: number;
  stride: number;
}

function measureTile(
  { should, is, least, greatest, side, stride }: Cells,
  first: number,
  figures: TileFigures,
  to: number,
): void {
  let error = 0;
  let shift = 0;
  let excess = 0;
  let detail = 0;
  let gain = 0;
  for (let row = 0, line = first; row < side; row += 1, line += stride) {
    for (let at = line; at < line + side; at += 1) {
      const source = should[at] as number;
      const made = is[at] as number;
      const low = least[at] as number;
      const high = greatest[at] as number;
      const difference = made - source;
      const own = source - (low + high) / 2;
      error += difference * difference;
      shift += difference;
      detail += own * own;
      gain += difference * own;
      const beyond = made > high ? made - high : made < low ? low - made : 0;
      excess += beyond * beyond;
    }
  }
  const cells = side * side;
  figures.error[to] = error / cells;
  figures.shift[to] = shift / cells;
  figures.excess[to] = excess / cells;
  figures.detail[to] = detail / cells;
  figures.gain[to] = gain / cells;
}
