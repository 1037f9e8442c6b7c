import { chromaSide, type Planes } from "./samples.ts";

/** Values of the planes Y, U and V. */
export type PlaneValues = readonly [Float32Array, Float32Array, Float32Array];

/** A picture averaged over the cells of a grid, row by row; 0..255. Chroma has half the columns and rows. */
export interface CellGrid extends GridSize {
  planes: PlaneValues;
}

/** Columns and rows of the luma plane. */
export interface GridSize {
  columns: number;
  rows: number;
}

/** Cells along the short and the long side of the coarsest grid, for every aspect ratio. */
const SHORT = 36;
const LONG = 64;
/** Cells are halved as long as they have at least so many pixels a side: in smaller ones scalers' filters differ. */
const LEAST_PIXELS = 4;
const MOST_HALVINGS = 2;

/** Grid for a picture's size, fine enough to show letters, and too coarse to show scalers' filters. */
export function gridSize({ width, height }: { width: number; height: number }): GridSize {
  const pixels = Math.min(width, height) / SHORT;
  const halvings = Math.floor(Math.log2(Math.max(1, pixels / LEAST_PIXELS)));
  const times = 2 ** Math.min(halvings, MOST_HALVINGS);
  return width >= height
    ? { columns: LONG * times, rows: SHORT * times }
    : { columns: SHORT * times, rows: LONG * times };
}

/** Luma of the coarsest grid, which says where in time a picture is: little noise is left, and motion shows. */
export function coarsestLuma({ columns, rows, planes }: CellGrid): Float32Array {
  let [luma] = planes;
  for (let [across, down] = [columns, rows]; Math.min(across, down) > SHORT; down /= 2) {
    across /= 2;
    luma = halvedPlane(luma, across);
  }
  return luma;
}

/**
 * Means over the cells. Pixels that lie only partly in a cell count by that part, so one picture in two sizes has the
 * same means, whichever filter scaled it.
 */
export function cellGrid(picture: Planes, { columns, rows }: GridSize): CellGrid {
  const { width, height, y, u, v } = picture;
  const half = { columns: columns / 2, rows: rows / 2 };
  const chroma = { width: chromaSide(width), height: chromaSide(height) };
  return {
    ...{ columns, rows },
    planes: [
      areaMeans(y, { width, height }, { columns, rows }),
      areaMeans(u, chroma, half),
      areaMeans(v, chroma, half),
    ],
  };
}

/** The same picture on a coarser grid, each of whose cells is made of four whole cells, or of 16. */
export function coarser(grid: CellGrid, size: GridSize): CellGrid {
  if (size.columns >= grid.columns) return grid;
  const [columns, rows] = [grid.columns / 2, grid.rows / 2];
  const [y, u, v] = grid.planes;
  const half = {
    ...{ columns, rows },
    planes: [
      halvedPlane(y, columns),
      halvedPlane(u, columns / 2),
      halvedPlane(v, columns / 2),
    ] as const,
  };
  return coarser(half, size);
}

/**
 * Halves a plane's columns and rows.
 * @param columns of the result
 */
function halvedPlane(from: Float32Array, columns: number): Float32Array {
  const to = new Float32Array(from.length / 4);
  let above = 0;
  for (let row = 0; row < to.length; row += columns, above += 2 * columns) {
    for (let at = row; at < row + columns; at += 1, above += 2) {
      const below = above + 2 * columns;
      const upper = (from[above] as number) + (from[above + 1] as number);
      to[at] = (upper + (from[below] as number) + (from[below + 1] as number)) / 4;
    }
  }
  return to;
}

function areaMeans(
  bytes: Uint8Array,
  { width, height }: { width: number; height: number },
  { columns, rows }: GridSize,
): Float32Array {
  const means = new Float32Array(columns * rows);
  const sums = new Float32Array(width);
  const scale = (columns * rows) / (width * height);
  for (let row = 0; row < rows; row += 1) {
    addRows(bytes, sums.fill(0), (row * height) / rows, ((row + 1) * height) / rows);
    for (let column = 0; column < columns; column += 1) {
      const left = (column * width) / columns;
      const right = ((column + 1) * width) / columns;
      means[row * columns + column] = sumBetween(sums, left, right) * scale;
    }
  }
  return means;
}

/** Adds the rows of a plane between two heights; rows that lie only partly between them count by that part. */
function addRows(bytes: Uint8Array, sums: Float32Array, top: number, bottom: number): void {
  const width = sums.length;
  for (let y = Math.floor(top); y < bottom; y += 1) {
    const share = Math.min(y + 1, bottom) - Math.max(y, top);
    const line = y * width;
    for (let x = 0; x < width; x += 1) {
      sums[x] = (sums[x] as number) + share * (bytes[line + x] as number);
    }
  }
}

function sumBetween(sums: Float32Array, left: number, right: number): number {
  let sum = 0;
  for (let x = Math.floor(left); x < right; x += 1) {
    sum += (Math.min(x + 1, right) - Math.max(x, left)) * (sums[x] ?? 0);
  }
  return sum;
}
