import { TICKS_PER_SECOND } from "../job/ticks.ts";
import { BitReader } from "./bit-reader.ts";
import { BitWriter } from "./bit-writer.ts";
import type { NalUnit } from "./nal-units.ts";
import { type ColourCodes, type H264Sps, type PictureOrder, parseSps } from "./sps.ts";

/** aspect_ratio_idc (ITU-T H.264, table E-1). */
const SQUARE = 1;
/** video_format: unspecified (table E-2). */
const ANY_FORMAT = 5;
/** log2_max_mv_length: the most that any level allows (E.2.1). */
const ANY_VECTOR = 15;

/** Values that the SPS of several encoders are made to share. */
export interface PlainSps {
  /** level_idc, not below the SPS's own. */
  level: number;
  colours: ColourCodes;
  /** Not below the SPS's own. Default: its own. */
  order?: PictureOrder;
  /** The longest time from a picture to the next, in 1/90000 s; default: no timing. */
  longestTicks?: number | undefined;
}

/**
 * Replaces the usability information (VUI) of an SPS by ours: square pixels, limited range, these colours, no
 * buffering model, and no timing unless `plain` gives one, because the container has the times. Decoding does
 * not change. So the sets of different encoders tell players the same when a rendition changes from one encoder
 * to another. Otherwise FFmpeg's decoder loses frames when the second encoder reorders pictures further than
 * the first.
 *
 * @returns null when the unit is not an SPS, is damaged, is above that level, or states other colours or full
 *   range
 */
export function plainSps(unit: NalUnit, plain: PlainSps): Uint8Array<ArrayBuffer> | null {
  const sps = parseSps(unit);
  if (sps === null || sps.fullRange || sps.level > plain.level) return null;
  if (sps.colours !== null && !areEqual(sps.colours, plain.colours)) return null;
  // No constraint flags: they are promises that players do not need, and `avcC` can state only those of all SPS.
  return withPlainVui(unit, sps, { constraints: 0, order: sps.order, ...plain });
}

/**
 * The SPS, changed to state these colours and limited range whatever it stated before. Decoding does not change.
 *
 * @returns null when the unit is not an SPS, is damaged or states full range
 */
export function statedSps(unit: NalUnit, colours: ColourCodes): Uint8Array | null {
  const sps = parseSps(unit);
  if (sps === null || sps.fullRange) return null;
  if (sps.colours !== null && areEqual(sps.colours, colours)) return unit.bytes;
  const { constraints, level, order } = sps;
  return withPlainVui(unit, sps, { constraints, level, order, colours });
}

type StatedSps = PlainSps & { order: PictureOrder; constraints: number };

function withPlainVui(
  { bytes }: NalUnit,
  { bitsBeforeVui }: H264Sps,
  { constraints, level, colours, order, longestTicks }: StatedSps,
): Uint8Array<ArrayBuffer> {
  const bits = new BitReader(bytes, 1);
  const out = new BitWriter();
  out.u(8, bits.u(8));
  bits.u(8 + 8);
  out.u(8, constraints);
  out.u(8, level);
  while (bits.position < bitsBeforeVui) out.u(1, bits.u(1));
  writePlainVui(out, colours, order, longestTicks);
  return out.nalUnit(bytes[0] ?? 0);
}

/** Writes the end of an SPS, from vui_parameters_present_flag on (E.1.1). */
export function writePlainVui(
  out: BitWriter,
  { primaries, transfer, matrix }: ColourCodes,
  { reordered, held }: PictureOrder,
  longestTicks?: number,
): void {
  out.flag(true);
  out.flag(true);
  out.u(8, SQUARE);
  // Overscan.
  out.flag(false);
  out.flag(true);
  out.u(3, ANY_FORMAT);
  out.flag(false);
  out.flag(true);
  for (const code of [primaries, transfer, matrix]) out.u(8, code);
  // Chroma sites.
  out.flag(false);
  out.flag(longestTicks !== undefined);
  if (longestTicks !== undefined) {
    // A frame lasts two ticks of this clock (E.2.1). The rate is not fixed: other frames may be shorter.
    for (const number of [longestTicks, 2 * TICKS_PER_SECOND]) out.u(32, number);
    out.flag(false);
  }
  // Both buffering models, pic_struct.
  out.u(3, 0);
  out.flag(true);
  // Vectors may point beyond the edges; sizes are not bound.
  out.flag(true);
  for (const number of [0, 0, ANY_VECTOR, ANY_VECTOR, reordered, held]) out.ue(number);
}

/** The lowest reordering limits that allow all of these. */
export function widestOrder(orders: readonly PictureOrder[]): PictureOrder {
  return {
    reordered: Math.max(...orders.map(({ reordered }) => reordered)),
    held: Math.max(...orders.map(({ held }) => held)),
  };
}

function areEqual(a: ColourCodes, b: ColourCodes): boolean {
  return a.primaries === b.primaries && a.transfer === b.transfer && a.matrix === b.matrix;
}
