import type { Planes } from "./planes.ts";

/** Luma of a picture, averaged over the fields of a grid, row by row; 0..255. */
export type LumaGrid = Float32Array;

export interface GridSize {
  columns: number;
  rows: number;
}

/** Means over the fields; a picture of fewer pixels than fields repeats some. */
export function lumaGrid(
  { y: bytes, width, height }: Planes,
  { columns, rows }: GridSize,
): LumaGrid {
  const grid = new Float32Array(columns * rows);
  const edges = (count: number, length: number): number[] =>
    Array.from({ length: count + 1 }, (_, index) => Math.floor((index * length) / count));
  const xs = edges(columns, width);
  const ys = edges(rows, height);
  for (let row = 0; row < rows; row += 1) {
    const top = ys[row] ?? 0;
    const bottom = Math.max(top + 1, ys[row + 1] ?? 0);
    for (let column = 0; column < columns; column += 1) {
      const left = xs[column] ?? 0;
      const right = Math.max(left + 1, xs[column + 1] ?? 0);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) {
        const line = y * width;
        for (let x = left; x < right; x += 1) sum += bytes[line + x] as number;
      }
      grid[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return grid;
}
