import type { PictureVerdict } from "../../../shared/wire/lease.ts";
import type { RenditionFigures } from "./ladder-meter.ts";
import { isElsewhere, isOutOfPlace, placeOf } from "./picture-place.ts";
import { PLANES, type TileFigures } from "./tile-meter.ts";
import { greatestNear } from "./tile-surroundings.ts";

/**
 * Whether a rendition shows the source. Mainly each tile of each plane of each picture is judged, since a figure of a
 * whole picture hides small changes. Low bit rates blur pictures, delay them and add blocks, so no fixed bound tells
 * an honest result from a lie. A rendition in which nothing is strange passes. Any other is compared with the
 * reference: what an honest encoder makes of the same pictures at the same rates. An honest result is off only where
 * the reference is off, too.
 *
 * `lies`: no encoder could have made the result from the source; its maker is banned. `unsure`: a much worse encoder
 * might have made it; the result does not count, and nothing else follows.
 *
 * The bounds lie between the figures of honest encoders and those of manipulations in the table of
 * `npm run bench -- --judge`. Honest encoders reach half of each bound, and a fifth of the bound of a lie. At a tenth
 * of the usual rates two runs of Chromium's encoder differ more, most of all under load: an honest result may be
 * `unsure` there.
 */

/** A tile is strange above this excess (in levels squared), or above this shift of its mean (in levels). */
const STRANGE_EXCESS = 6;
const STRANGE_SHIFT = 3;
/** A tile is strange above this ratio of error to detail. Flat tiles have noise, too, so FLAT_DETAIL is added first. */
const STRANGE_ERROR = 0.7;
const FLAT_DETAIL = 8;
/** A plane is strange above this shift of its mean, in levels. */
const STRANGE_PLANE_SHIFT = 0.7;
/** A tile is strange above this shift of its mean over all pictures, in levels; for Y, U, V. */
const STRANGE_LASTING = [1, 1.5, 1.5];
/** A rendition is strange above this share of the source's detail that its pictures have lost or gained. */
const STRANGE_GAIN = 0.03;

/** Bounds of a tile's figures: `least`, plus `times` the reference's figure at and around the tile. */
const EXCESS = { least: 12, times: 4 };
const SHIFT = { least: 2.5, times: 2.5 };
const ERROR = { least: 27, times: 18 };
/** Bound of a plane's mean shift in one picture, in levels: encoders follow a fade late, and then catch up. */
const PLANE_SHIFT = { least: 2, times: 2 };
/**
 * Bound of the shift of a tile's mean over all pictures, in levels; for Y, U, V. Coding noise averages out there, an
 * overlay such as a watermark does not. Fewer pictures leave more noise, so a single one may shift by
 * `forOnePicture` more.
 */
const LASTING_SHIFT = { least: [0.6, 1.2, 1.2], times: 1.5, forOnePicture: 2 };
const WHOLE_SHIFT = { least: 0.5, times: 1.5 };
const PLANE_ERROR = { least: 2.5, times: 5 };
/** Bound of the share of detail that is lost; `times` counts the share that the reference loses. */
const LOSS = { least: 0.03, times: 1.5 };
/** Factor of noise (the median error of the reference's tiles) that is subtracted from excess before it is judged. */
const EXCESS_PER_NOISE = 1.5;
/**
 * A tile's excess that no encoder makes: above FOREIGN_EXCESS, plus FOREIGN_PER_NOISE times the noise and the
 * reference's excess around the tile. The noise is the greater of the reference's and the result's own, which counts
 * up to MOST_OWN_NOISE, since its maker may have had fewer bits.
 */
const FOREIGN_EXCESS = 300;
const FOREIGN_PER_NOISE = 25;
const MOST_OWN_NOISE = 250;

/** Whether the result has to be compared with a reference. */
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

/** @param reference figures of what an honest encoder made of the same pictures */
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

/** Absolute mean difference of a plane over all pictures, in levels. */
function shiftOf(pictures: readonly TileFigures[], plane: number): number {
  const sum = pictures.reduce((all, each) => all + mean(planeOf(each, "shift", plane)), 0);
  return Math.abs(sum / Math.max(1, pictures.length));
}

/**
 * Absolute mean difference of each tile over all pictures, by plane, in levels.
 * @param around take the greatest value at and around each tile
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

/** Change of luma detail over all pictures: 0 where it is as in the source, -1 where none is left. */
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
