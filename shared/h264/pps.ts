import { BitReader } from "./bit-reader.ts";
import { isPps, isSlice, type NalUnit } from "./nal-units.ts";

/** The ids by which a slice refers to a PPS, and a PPS to an SPS. Sections are those of ITU-T H.264 (08/2021). */

/** Reads the ids of a PPS (7.3.2.2); null when the unit is not one. */
export function readPpsIds(unit: NalUnit): { id: number; spsId: number } | null {
  if (!isPps(unit)) return null;
  const bits = new BitReader(unit.bytes, 1);
  const ids = { id: bits.ue(), spsId: bits.ue() };
  return bits.exhausted || ids.id > 255 || ids.spsId > 31 ? null : ids;
}

/** pic_parameter_set_id of a slice's header (7.3.3); null when the unit is not a whole slice. */
export function slicePpsId(unit: NalUnit): number | null {
  if (!isSlice(unit)) return null;
  const bits = new BitReader(unit.bytes.subarray(0, 32), 1);
  bits.ue();
  bits.ue();
  const id = bits.ue();
  return bits.exhausted ? null : id;
}
