import { PLANES, type TileFigures, tileAt } from "./tile-meter.ts";

/** Pictures on each side that count as near. */
const NEAR_PICTURES = 2;

/**
 * The greatest absolute value of a figure at and around each tile, in this picture and near ones: the coding noise to
 * expect there. Two encoders spend their bits on the same content, but not on the same pictures and blocks.
 */
export function greatestNear(
  pictures: readonly TileFigures[],
  figure: "error" | "shift" | "excess",
): Float32Array[] {
  const around = pictures.map((picture) => greatestAround(picture, picture[figure]));
  return around.map((own, index) => {
    const near = around.slice(Math.max(0, index - NEAR_PICTURES), index + NEAR_PICTURES + 1);
    return own.map((_, at) => near.reduce((most, each) => Math.max(most, each[at] as number), 0));
  });
}

function greatestAround(figures: TileFigures, values: Float32Array): Float32Array {
  const { columns, rows } = figures;
  const most = new Float32Array(values.length);
  for (const plane of PLANES) {
    for (let tile = 0; tile < columns * rows; tile += 1) {
      const [column, row] = [tile % columns, Math.floor(tile / columns)];
      let greatest = 0;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          const value = values[tileAt(figures, plane, y * columns + x)] as number;
          greatest = Math.max(greatest, Math.abs(value));
        }
      }
      most[tileAt(figures, plane, tile)] = greatest;
    }
  }
  return most;
}
