import type { PictureVerdict } from "../../../shared/wire/lease.ts";
import type { RenditionFigures } from "./ladder-meter.ts";
import { isElsewhere, isOutOfPlace, placeOf } from "./picture-place.ts";
import { PLANES, type TileFigures } from "./tile-meter.ts";
import { greatestNear } from "./tile-surroundings.ts";

/**
 * Whether a rendition shows the source, by each tile of each plane of each picture, and by no figure of
 * the whole. Too few bits blur pictures, hold them back and lay blocks over them, so no bound tells an
 * honest result of few bits from a lie. What is nowhere strange passes; all else is held against what an
 * honest encoder makes of the same pictures at the same rates, the reference: there, an honest result is
 * off where that is off, too. A lie is only what no encoder could have made of the source: that is its
 * maker's end. What another, much worse encoder might have made is `unsure`: the result does not count,
 * and that is all.
 *
 * The bounds lie between what honest encoders do and what manipulations do in the table of
 * `npm run bench -- --judge`; honest ones come to a half of each, and to a fifth of what a lie is. At a
 * tenth of the usual rates two runs of Chromium's encoder differ more, most of all under load: an honest
 * result may be `unsure` there.
 */

/** Strange in a tile: levels squared beyond what an encoder may put there; levels of its mean. */
const STRANGE_EXCESS = 6;
const STRANGE_SHIFT = 3;
/** Error by the source's own detail, to which this much is added: flat tiles have noise as well. */
const STRANGE_ERROR = 0.7;
const FLAT_DETAIL = 8;
/** Strange in a plane: levels of its mean. */
const STRANGE_PLANE_SHIFT = 0.7;
/** Strange in a tile: levels of its mean over all pictures; luma, chroma. */
const STRANGE_LASTING = [1, 1.5, 1.5];
/** Share of the source's detail that is gone from all pictures, or too much in them. */
const STRANGE_GAIN = 0.03;

/** Bounds of a tile: this much, and so many times what the reference comes to around it. */
const EXCESS = { least: 12, times: 4 };
const SHIFT = { least: 2.5, times: 2.5 };
const ERROR = { least: 27, times: 18 };
/** Bounds of a plane's mean over its tiles: encoders follow a fade late, and make up for it. */
const PLANE_SHIFT = { least: 2, times: 2 };
/**
 * Largest shift allowed in a tile's mean over all pictures; luma, chroma. Coding noise averages out there, an
 * overlay such as a watermark does not. Fewer pictures leave more noise: a single one is allowed so much more.
 */
const LASTING_SHIFT = { least: [0.6, 1.2, 1.2], times: 1.5, forOnePicture: 2 };
const WHOLE_SHIFT = { least: 0.5, times: 1.5 };
const PLANE_ERROR = { least: 2.5, times: 5 };
/** Detail that is lost, beyond the share that the reference loses. */
const LOSS = { least: 0.03, times: 1.5 };
/** Where all of a picture is noise, excess may be this many times the noise. */
const EXCESS_PER_NOISE = 1.5;
/**
 * No encoder's: excess of a tile, and how much more by the noise (of the reference or, where the maker had
 * fewer bits, of its own picture up to this much) and by the reference's excess around it.
 */
const FOREIGN_EXCESS = 300;
const FOREIGN_PER_NOISE = 25;
const MOST_OWN_NOISE = 250;

/** Whether an honest encoder has to be asked. */
export function isDoubtful({ fits, tiles }: RenditionFigures): boolean {
  return (
    isOutOfPlace(placeOf(fits)) ||
    Math.abs(gainOf(tiles)) > STRANGE_GAIN ||
    lastingShift(tiles).some(
      (shift, plane) => Math.max(...shift) > (STRANGE_LASTING[plane] ?? 0),
    ) ||
    tiles.some((picture) => isStrange(picture))
  );
}

function isStrange(picture: TileFigures): boolean {
  const { error, shift, excess, detail } = picture;
  for (let at = 0; at < error.length; at += 1) {
    if (Math.abs(shift[at] as number) > STRANGE_SHIFT) return true;
    if ((excess[at] as number) > STRANGE_EXCESS) return true;
    const usual = STRANGE_ERROR * ((detail[at] as number) + FLAT_DETAIL);
    if ((error[at] as number) > usual) return true;
  }
  return PLANES.some((plane) => {
    return Math.abs(mean(planeOf(picture, "shift", plane))) > STRANGE_PLANE_SHIFT;
  });
}

/** @param reference of what an honest encoder made of the same pictures */
export function verdictOf(own: RenditionFigures, reference: RenditionFigures): PictureVerdict {
  const [place, honestPlace] = [placeOf(own.fits), placeOf(reference.fits)];
  if (isElsewhere(place, honestPlace)) return "lies";
  const tiles = judgeTiles(own.tiles, reference.tiles);
  if (tiles !== "agrees") return tiles;
  const isDull = exceeds(-gainOf(own.tiles), LOSS, -gainOf(reference.tiles));
  const isMoved = isOutOfPlace(place) && !isOutOfPlace(honestPlace);
  const isTinted = PLANES.some((plane) => {
    const [shift, honestShift] = [own, reference].map(({ tiles }) => shiftOf(tiles, plane));
    return exceeds(shift ?? 0, WHOLE_SHIFT, honestShift ?? 0);
  });
  const strange = isDull || isMoved || isTinted || isMarked(own.tiles, reference.tiles);
  return strange ? "unsure" : "agrees";
}

function isMarked(own: readonly TileFigures[], reference: readonly TileFigures[]): boolean {
  const more = LASTING_SHIFT.forOnePicture / Math.max(1, own.length);
  const honest = lastingShift(reference, true);
  return lastingShift(own).some((shift, plane) => {
    const bounds = { least: (LASTING_SHIFT.least[plane] ?? 0) + more, times: LASTING_SHIFT.times };
    return shift.some((value, tile) => exceeds(value, bounds, honest[plane]?.[tile] ?? 0));
  });
}

function judgeTiles(
  own: readonly TileFigures[],
  reference: readonly TileFigures[],
): PictureVerdict {
  const near = {
    error: greatestNear(reference, "error"),
    shift: greatestNear(reference, "shift"),
    excess: greatestNear(reference, "excess"),
  };
  let verdict: PictureVerdict = "agrees";
  for (const [index, picture] of own.entries()) {
    const honest = reference[index];
    if (honest === undefined) return "unsure";
    const [error, shift, excess] = [near.error[index], near.shift[index], near.excess[index]];
    for (const plane of PLANES) {
      const errors = planeOf(honest, "error", plane);
      const noise = median(errors);
      const ownNoise = Math.min(MOST_OWN_NOISE, median(planeOf(picture, "error", plane)));
      const most = FOREIGN_EXCESS + FOREIGN_PER_NOISE * Math.max(noise, ownNoise);
      const first = plane * errors.length;
      for (let at = first; at < first + errors.length; at += 1) {
        const beyond = picture.excess[at] as number;
        const honestExcess = excess?.[at] ?? 0;
        if (beyond > most + FOREIGN_PER_NOISE * honestExcess) return "lies";
        if (
          exceeds(beyond - EXCESS_PER_NOISE * noise, EXCESS, honestExcess) ||
          exceeds(Math.abs(picture.shift[at] as number), SHIFT, shift?.[at] ?? 0) ||
          exceeds(picture.error[at] as number, ERROR, error?.[at] ?? 0)
        ) {
          verdict = "unsure";
        }
      }
      const [moved, honestMoved] = [picture, honest].map((each) => {
        return Math.abs(mean(planeOf(each, "shift", plane)));
      }) as [number, number];
      const off = mean(planeOf(picture, "error", plane));
      if (exceeds(moved, PLANE_SHIFT, honestMoved) || exceeds(off, PLANE_ERROR, mean(errors))) {
        verdict = "unsure";
      }
    }
  }
  return verdict;
}

function exceeds(value: number, { least, times }: { least: number; times: number }, of: number) {
  return value > least + times * of;
}

/** Size of a plane's mean difference in all pictures. */
function shiftOf(pictures: readonly TileFigures[], plane: number): number {
  const sum = pictures.reduce((all, each) => all + mean(planeOf(each, "shift", plane)), 0);
  return Math.abs(sum / Math.max(1, pictures.length));
}

/**
 * Size of each tile's mean difference over all pictures, by plane.
 * @param around the greatest at and around each tile
 */
function lastingShift(pictures: readonly TileFigures[], around = false): Float32Array[] {
  const [first] = pictures;
  if (first === undefined) return [];
  const shift = new Float32Array(first.shift.length);
  for (const picture of pictures) {
    for (let at = 0; at < shift.length; at += 1) {
      shift[at] = (shift[at] as number) + (picture.shift[at] as number) / pictures.length;
    }
  }
  const lasting = { ...first, shift };
  const [sizes] = around ? greatestNear([lasting], "shift") : [shift.map(Math.abs)];
  return PLANES.map((plane) => planeOf({ ...first, shift: sizes ?? shift }, "shift", plane));
}

/** Detail of luma in all pictures: 0 as in the source, -1 with none left. */
function gainOf(tiles: readonly TileFigures[]): number {
  let gain = 0;
  let detail = 1;
  for (const picture of tiles) {
    gain += mean(planeOf(picture, "gain", 0));
    detail += mean(planeOf(picture, "detail", 0));
  }
  return gain / detail;
}

function planeOf(
  figures: TileFigures,
  figure: "error" | "shift" | "detail" | "gain",
  plane: number,
): Float32Array {
  const tiles = figures.columns * figures.rows;
  return figures[figure].subarray(plane * tiles, (plane + 1) * tiles);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function median(values: Float32Array): number {
  return values.slice().sort()[values.length >> 1] ?? 0;
}
