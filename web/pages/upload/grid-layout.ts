/** Layout of the segment grid's cells, in CSS pixels. Pure. */
export interface GridLayout {
  columns: number;
  rows: number;
  cellWidth: number;
  cellHeight: number;
  gap: number;
  height: number;
}

/** Height of the cells where all fit into a single row. They are taller, because there are few. */
const STRIP_HEIGHT = 28;
/** Sizes that are tried in turn, until the grid is not taller than TALLEST. */
const CELL_SIZES = [14, 11, 8, 6, 4] as const;
const TALLEST = 190;

/**
 * The layout with the largest cells that fit.
 * @param width in CSS pixels
 */
export function layOutGrid(count: number, width: number): GridLayout {
  if (count === 0 || width <= 0) {
    return { columns: 1, rows: 0, cellWidth: 0, cellHeight: 0, gap: 0, height: 0 };
  }
  const [widest] = CELL_SIZES;
  if (count * (widest + 3) - 3 <= width) {
    const cellWidth = (width - 3 * (count - 1)) / count;
    return {
      columns: count,
      rows: 1,
      cellWidth,
      cellHeight: STRIP_HEIGHT,
      gap: 3,
      height: STRIP_HEIGHT,
    };
  }
  let layout: GridLayout | undefined;
  for (const size of CELL_SIZES) {
    const gap = size >= 11 ? 3 : size >= 6 ? 2 : 1;
    const most = Math.max(1, Math.floor((width + gap) / (size + gap)));
    const rows = Math.ceil(count / most);
    // Rows of about the same length, so that the last row is not a short remnant.
    const columns = Math.ceil(count / rows);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    layout = { columns, rows, cellWidth, cellHeight: size, gap, height: rows * (size + gap) - gap };
    if (layout.height <= TALLEST) break;
  }
  return layout as GridLayout;
}

/** Upper left corner of a cell, in CSS pixels. */
export function cellBox(layout: GridLayout, index: number): { x: number; y: number } {
  const { columns, cellWidth, cellHeight, gap } = layout;
  return {
    x: (index % columns) * (cellWidth + gap),
    y: Math.floor(index / columns) * (cellHeight + gap),
  };
}

/** @returns the index of the cell at a point; null where there is no cell */
export function cellAt(layout: GridLayout, count: number, x: number, y: number): number | null {
  const column = Math.floor(x / (layout.cellWidth + layout.gap));
  const row = Math.floor(y / (layout.cellHeight + layout.gap));
  const index = row * layout.columns + column;
  return column >= 0 && column < layout.columns && row >= 0 && index < count ? index : null;
}
