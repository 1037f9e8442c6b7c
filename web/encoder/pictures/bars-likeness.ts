import type { Field } from "../engines/webcodecs/colour-bars.ts";
import { chromaSide, type Planes } from "./samples.ts";

/** How far a decoded picture of the colour bars is from what was drawn. */
export interface BarsLikeness {
  /** Largest error of the mean of a field's middle, in levels of 8 bits. */
  levels: number;
  /** Largest displacement of an edge between two fields, in samples of its plane. */
  samples: number;
  /** Mean displacement of each plane's edges, in its samples: Y, U, V to the right, then Y, U, V down. */
  shifts: number[];
}

/** Least contrast between two fields at which their edge is measured, in levels. */
const TELLING_CONTRAST = 60;
/** Distance measured on each side of an edge, in samples. */
const REACH = 8;

interface Plane {
  bytes: Uint8Array;
  width: number;
  height: number;
}

/** @param fields row by row: a field's right neighbour follows it */
export function compareBars(picture: Planes, fields: readonly Field[]): BarsLikeness {
  const [width, height] = [chromaSide(picture.width), chromaSide(picture.height)];
  const planes: Plane[] = [
    { bytes: picture.y, width: picture.width, height: picture.height },
    { bytes: picture.u, width, height },
    { bytes: picture.v, width, height },
  ];
  const likeness: BarsLikeness = { levels: 0, samples: 0, shifts: [] };
  const offsets = planes.map(() => ({ beside: [] as number[], below: [] as number[] }));
  planes.forEach((plane, index) => {
    fields.forEach((field, at) => {
      const mean = middleMean(plane, field);
      const level = field.colour[index] ?? 0;
      likeness.levels = Math.max(likeness.levels, Math.abs(mean - level));
      const beside = fields[at + 1];
      const others = {
        beside: beside?.top === field.top ? beside : undefined,
        below: below(fields, field),
      };
      for (const side of ["beside", "below"] as const) {
        const other = others[side];
        if (other === undefined) continue;
        if (Math.abs((other.colour[index] ?? 0) - level) < TELLING_CONTRAST) continue;
        const samples = edgeOffset(plane, field, other);
        if (samples === null) continue;
        likeness.samples = Math.max(likeness.samples, Math.abs(samples));
        offsets[index]?.[side].push(samples);
      }
    });
  });
  likeness.shifts = (["beside", "below"] as const).flatMap((side) =>
    offsets.map((plane) => average(plane[side])),
  );
  return likeness;
}

/** Mean of a field's inner half in width and height, which a scaler's filter does not reach from outside. */
function middleMean(plane: Plane, { left, top, right, bottom }: Field): number {
  const quarter = { x: (right - left) / 4, y: (bottom - top) / 4 };
  return mean(plane, {
    left: Math.ceil((left + quarter.x) * plane.width),
    right: Math.floor((right - quarter.x) * plane.width),
    top: Math.ceil((top + quarter.y) * plane.height),
    bottom: Math.floor((bottom - quarter.y) * plane.height),
  });
}

/** The field directly below another one, with the same left side. */
function below(fields: readonly Field[], { left, bottom }: Field): Field | undefined {
  return fields.find((other) => other.top === bottom && other.left === left);
}

/**
 * How far an edge is displaced towards the second field, in samples. The mean over a window across the edge lies
 * between the means of the two fields, in proportion to the edge's position. Null where the contrast is too low.
 */
function edgeOffset(plane: Plane, first: Field, second: Field): number | null {
  const isBeside = first.right === second.left;
  const [start, length] = isBeside ? [first.left, plane.width] : [first.top, plane.height];
  const edge = (isBeside ? first.right : first.bottom) * length;
  const from = Math.round(edge) - REACH;
  const quarter = isBeside ? (first.bottom - first.top) / 4 : (first.right - first.left) / 4;
  const [low, high] = isBeside
    ? [(first.top + quarter) * plane.height, (first.bottom - quarter) * plane.height]
    : [(first.left + quarter) * plane.width, (first.right - quarter) * plane.width];
  if (from < start * length) return null;
  const across = { from, to: from + 2 * REACH };
  const along = { from: Math.ceil(low), to: Math.floor(high) };
  const window = isBeside
    ? { left: across.from, right: across.to, top: along.from, bottom: along.to }
    : { left: along.from, right: along.to, top: across.from, bottom: across.to };
  const [a, b] = [middleMean(plane, first), middleMean(plane, second)];
  if (Math.abs(a - b) < TELLING_CONTRAST / 2) return null;
  const share = (mean(plane, window) - b) / (a - b);
  return share * 2 * REACH - (edge - from);
}

/** 0 without values: no edge could be measured, and then `levels` shows the fault. */
function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}

function mean(
  { bytes, width }: Plane,
  { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number },
): number {
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) sum += bytes[y * width + x] as number;
  }
  return sum / ((bottom - top) * (right - left));
}
