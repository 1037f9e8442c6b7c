import type { CellGrid, PlaneValues } from "./cell-grid.ts";

/**
 * A picture of the source, and the limits between which an encoder may put each of its cells: the least and the
 * greatest value among the cell and its neighbours, in this picture, the one before and the one after. Low bit rates
 * blur a picture, delay it or mix it with its neighbours, which stays close to these limits. Content that the source
 * does not show goes far beyond them.
 */
export interface SourceWindow {
  source: CellGrid;
  least: PlaneValues;
  greatest: PlaneValues;
}

/** Makes the windows of the source's pictures in order, each as soon as the next picture is known. */
export class SourceWindows {
  #before: CellGrid | null = null;
  #now: CellGrid | null = null;

  /** @returns the window of the picture added before `next`; null where there is none */
  add(next: CellGrid | null): SourceWindow | null {
    const [before, now] = [this.#before, this.#now];
    this.#before = now;
    this.#now = next;
    return now === null ? null : windowOf(before ?? now, now, next ?? now);
  }
}

function windowOf(before: CellGrid, now: CellGrid, after: CellGrid): SourceWindow {
  const limits = now.planes.map((plane, index) => {
    const columns = index === 0 ? now.columns : now.columns / 2;
    const neighbours = [before.planes[index] ?? plane, after.planes[index] ?? plane] as const;
    return limitsOf(plane, neighbours, columns);
  });
  const [y, u, v] = limits as [Limits, Limits, Limits];
  return {
    source: now,
    least: [y.least, u.least, v.least],
    greatest: [y.greatest, u.greatest, v.greatest],
  };
}

interface Limits {
  least: Float32Array;
  greatest: Float32Array;
}

function limitsOf(
  now: Float32Array,
  [before, after]: readonly [Float32Array, Float32Array],
  columns: number,
): Limits {
  const inTime: Limits = { least: now.slice(), greatest: now.slice() };
  widen(inTime, before);
  widen(inTime, after);
  return across(across(inTime, 1, columns), columns, columns);
}

function widen({ least, greatest }: Limits, by: Float32Array): void {
  for (let at = 0; at < by.length; at += 1) {
    const value = by[at] as number;
    if (value < (least[at] as number)) least[at] = value;
    if (value > (greatest[at] as number)) greatest[at] = value;
  }
}

/** Widens each cell's limits by those of its two neighbours in a line; at the picture's border, of one. */
function across({ least, greatest }: Limits, step: number, columns: number): Limits {
  const wider: Limits = { least: least.slice(), greatest: greatest.slice() };
  const { length } = least;
  for (let row = 0; row < length; row += columns) {
    const first = step === 1 ? 1 : 0;
    for (let at = row + first; at < row + columns; at += 1) {
      const back = at - step;
      if (back < 0) continue;
      // Each cell of a pair widens the other's limits.
      if ((least[back] as number) < (wider.least[at] as number))
        wider.least[at] = least[back] as number;
      if ((least[at] as number) < (wider.least[back] as number))
        wider.least[back] = least[at] as number;
      if ((greatest[back] as number) > (wider.greatest[at] as number)) {
        wider.greatest[at] = greatest[back] as number;
      }
      if ((greatest[at] as number) > (wider.greatest[back] as number)) {
        wider.greatest[back] = greatest[at] as number;
      }
    }
  }
  return wider;
}
