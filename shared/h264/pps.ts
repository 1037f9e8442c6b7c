import { BitReader } from "./bit-reader.ts";
import { isPps, isSlice, type NalUnit } from "./nal-units.ts";

/** Which parameter sets a picture parameter set and a slice go with. Sections of ITU-T H.264 (08/2021). */

/** 7.3.2.2; null when it is no picture parameter set. */
export function readPpsIds(unit: NalUnit): { id: number; spsId: number } | null {
  if (!isPps(unit)) return null;
  const bits = new BitReader(unit.bytes, 1);
  const ids = { id: bits.ue(), spsId: bits.ue() };
  return bits.exhausted || ids.id > 255 || ids.spsId > 31 ? null : ids;
}

/** pic_parameter_set_id of a slice's header (7.3.3); null when it is no whole slice. */
export function slicePpsId(unit: NalUnit): number | null {
  if (!isSlice(unit)) return null;
  const bits = new BitReader(unit.bytes.subarray(0, 32), 1);
  bits.ue();
  bits.ue();
  const id = bits.ue();
  return bits.exhausted ? null : id;
}
