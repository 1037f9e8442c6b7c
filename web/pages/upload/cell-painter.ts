import type { CellState, SegmentCell } from "../../ui/job-progress.ts";
import { cellBox, type GridLayout } from "./grid-layout.ts";

/** Colours of the states, read from the style sheet, which has those for dark and light. */
export type CellColours = Readonly<Record<CellState, string>>;

export function readCellColours(element: Element): CellColours {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--cell-${name}`).trim();
  return {
    waiting: colour("waiting"),
    queued: colour("queued"),
    working: colour("working"),
    checking: colour("checking"),
    retrying: colour("retrying"),
    failed: colour("failed"),
    done: colour("done"),
  };
}

type Box = { x: number; y: number; width: number; height: number };

/** Paints all cells; a thousand cells take about a millisecond. */
export function paintCells(
  context: CanvasRenderingContext2D,
  layout: GridLayout,
  cells: readonly SegmentCell[],
  colours: CellColours,
): void {
  cells.forEach((cell, index) => {
    const { x, y } = cellBox(layout, index);
    paintCell(context, { x, y, width: layout.cellWidth, height: layout.cellHeight }, cell, colours);
  });
}

/**
 * Paints one cell. States differ in shape as well as in colour: a frame, a frame with a bar in the middle, a filling,
 * stripes, a slash, a cross, a full cell.
 */
export function paintCell(
  context: CanvasRenderingContext2D,
  box: Box,
  { state, progress }: SegmentCell,
  colours: CellColours,
): void {
  context.save();
  const radius = Math.min(3, box.width / 4, box.height / 4);
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, radius);
  context.clip();
  context.fillStyle = colours[state];
  context.strokeStyle = colours[state];
  switch (state) {
    case "done":
      context.fillRect(box.x, box.y, box.width, box.height);
      break;
    case "working":
      wash(context, box, 0.22);
      // Filled from the left by its progress, at least 2 pixels, to show that work is going on.
      context.fillRect(box.x, box.y, Math.max(2, box.width * progress), box.height);
      break;
    case "checking":
      wash(context, box, 0.35);
      stripes(context, box);
      break;
    case "queued":
      frame(context, box, radius);
      context.fillRect(box.x + box.width * 0.25, box.y + box.height / 2 - 1, box.width * 0.5, 2);
      break;
    case "retrying":
      wash(context, box, 0.25);
      frame(context, box, radius);
      line(context, box.x, box.y + box.height, box.x + box.width, box.y);
      break;
    case "failed":
      wash(context, box, 0.25);
      frame(context, box, radius);
      line(context, box.x, box.y, box.x + box.width, box.y + box.height);
      line(context, box.x, box.y + box.height, box.x + box.width, box.y);
      break;
    case "waiting":
      frame(context, box, radius);
      break;
  }
  context.restore();
}

function wash(context: CanvasRenderingContext2D, box: Box, alpha: number): void {
  context.globalAlpha = alpha;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.globalAlpha = 1;
}

function frame(context: CanvasRenderingContext2D, box: Box, radius: number): void {
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(box.x + 0.75, box.y + 0.75, box.width - 1.5, box.height - 1.5, radius);
  context.stroke();
}

function stripes(context: CanvasRenderingContext2D, box: Box): void {
  for (let x = box.x - box.height; x < box.x + box.width; x += 5) {
    line(context, x, box.y + box.height, x + box.height, box.y);
  }
}

function line(
  context: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): void {
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
