import { BitReader } from "./bit-reader.ts";
import { isSps, type NalUnit } from "./nal-units.ts";

/** Sequence parameter sets. Sections are those of ITU-T H.264 (08/2021). */

/** Code points of ISO/IEC 23091-2 (ITU-T H.264, tables E-3 to E-5). */
export interface ColourCodes {
  primaries: number;
  transfer: number;
  matrix: number;
}

/** How far decode order may differ from display order: bitstream_restriction (E.2.1). */
export interface PictureOrder {
  /** max_num_reorder_frames. */
  reordered: number;
  /** max_dec_frame_buffering. */
  held: number;
}

export interface H264Sps {
  /** seq_parameter_set_id, 0 to 31. */
  id: number;
  /** Width of the decoded picture: cropped, both fields together. */
  width: number;
  height: number;
  profile: number;
  /** constraint_set flags and reserved bits, as one byte. */
  constraints: number;
  /** level_idc: level times ten. */
  level: number;
  bitDepth: number;
  /** frame_mbs_only_flag is 0: fields or macroblock pairs may occur. */
  maybeInterlaced: boolean;
  /** Frames may mix field and frame macroblocks (MBAFF). */
  macroblockAdaptive: boolean;
  /** transfer_characteristics (table E-4), 2 when not given. */
  transfer: number;
  /** Null where the SPS states none. */
  colours: ColourCodes | null;
  /** video_full_range_flag; false when not given. */
  fullRange: boolean;
  log2MaxFrameNum: number;
  separateColourPlanes: boolean;
  hasScalingMatrices: boolean;
  /** Whether picture timing SEI carries pic_struct. */
  hasPicStruct: boolean;
  /** Bits of the two delays that stand before pic_struct; 0 when there are none. */
  delayBits: number;
  /** Bits between the NAL unit's header and vui_parameters_present_flag, without emulation prevention. */
  bitsBeforeVui: number;
  /** As the SPS states it, or else the most that the rest of the SPS allows. */
  order: PictureOrder;
}

const PROFILES_WITH_CHROMA = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Reads an SPS (7.3.2.1.1, E.1.1); null when the unit is not one or is damaged. */
export function parseSps(unit: NalUnit): H264Sps | null {
  if (!isSps(unit)) return null;
  const bits = new BitReader(unit.bytes, 1);
  const [profile, constraints, level] = [bits.u(8), bits.u(8), bits.u(8)];
  const id = bits.ue();
  let bitDepth = 8;
  let chromaFormat = 1;
  let separateColourPlanes = false;
  let hasScalingMatrices = false;
  if (PROFILES_WITH_CHROMA.has(profile)) {
    chromaFormat = bits.ue();
    if (chromaFormat === 3) separateColourPlanes = bits.flag();
    bitDepth = 8 + bits.ue();
    bits.ue();
    bits.u(1);
    hasScalingMatrices = bits.flag();
    if (hasScalingMatrices) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  }
  const log2MaxFrameNum = bits.ue() + 4;
  const picOrderType = readPicOrderType(bits);
  const references = bits.ue();
  bits.u(1);
  const columns = bits.ue() + 1;
  const mapRows = bits.ue() + 1;
  const maybeInterlaced = !bits.flag();
  const macroblockAdaptive = maybeInterlaced && bits.flag();
  bits.u(1);
  const rows = maybeInterlaced ? 2 * mapRows : mapRows;
  const crop = bits.flag() ? readCrop(bits, chromaFormat, maybeInterlaced) : { x: 0, y: 0 };
  const bitsBeforeVui = bits.position;
  const { order, ...vui } = bits.flag() ? readVui(bits) : NO_VUI;
  const width = columns * 16 - crop.x;
  const height = rows * 16 - crop.y;
  if (bits.exhausted || id > 31 || bitDepth > 16 || width < 1 || height < 1) return null;
  return {
    id,
    width,
    height,
    profile,
    constraints,
    level,
    bitDepth,
    maybeInterlaced,
    macroblockAdaptive,
    log2MaxFrameNum,
    separateColourPlanes,
    hasScalingMatrices,
    bitsBeforeVui,
    ...vui,
    // Type 2 has no reordering. Other streams are taken to reorder no more frames than they may refer to.
    order: order ?? { reordered: picOrderType === 2 ? 0 : references, held: references },
  };
}

/** Samples cut off in all; equations 7-19 to 7-22. */
function readCrop(
  bits: BitReader,
  chromaFormat: number,
  fields: boolean,
): { x: number; y: number } {
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * (fields ? 2 : 1);
  const [left, right, top, bottom] = [bits.ue(), bits.ue(), bits.ue(), bits.ue()];
  return { x: unitX * (left + right), y: unitY * (top + bottom) };
}

function skipScalingLists(bits: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!bits.flag()) continue;
    let next = 8;
    for (let i = 0, last = 8; i < (list < 6 ? 16 : 64) && next !== 0; i++) {
      next = (last + bits.se() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function readPicOrderType(bits: BitReader): number {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return type;
  bits.u(1);
  bits.se();
  bits.se();
  const cycle = Math.min(255, bits.ue());
  for (let i = 0; i < cycle; i++) bits.se();
  return type;
}

interface Vui
  extends Pick<H264Sps, "transfer" | "colours" | "fullRange" | "hasPicStruct" | "delayBits"> {
  order: PictureOrder | null;
}

const NO_VUI: Vui = {
  transfer: 2,
  colours: null,
  fullRange: false,
  hasPicStruct: false,
  delayBits: 0,
  order: null,
};

function readVui(bits: BitReader): Vui {
  let colours: Vui["colours"] = null;
  let fullRange = false;
  if (bits.flag() && bits.u(8) === 255) bits.u(32);
  if (bits.flag()) bits.u(1);
  if (bits.flag()) {
    bits.u(3);
    fullRange = bits.flag();
    if (bits.flag()) colours = { primaries: bits.u(8), transfer: bits.u(8), matrix: bits.u(8) };
  }
  if (bits.flag()) {
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) {
    bits.u(32);
    bits.u(32);
    bits.u(1);
  }
  const nalHrd = bits.flag();
  let delayBits = nalHrd ? readHrdDelays(bits) : 0;
  const vclHrd = bits.flag();
  if (vclHrd) delayBits = readHrdDelays(bits);
  if (nalHrd || vclHrd) bits.u(1);
  const transfer = colours?.transfer ?? NO_VUI.transfer;
  const hasPicStruct = bits.flag();
  const order = bits.flag() ? readOrder(bits) : null;
  return { transfer, colours, fullRange, hasPicStruct, delayBits, order };
}

/** The rest of bitstream_restriction, after its flag. */
function readOrder(bits: BitReader): PictureOrder {
  bits.u(1);
  for (let i = 0; i < 4; i++) bits.ue();
  return { reordered: bits.ue(), held: bits.ue() };
}

/** Length of cpb_removal_delay and dpb_output_delay together (E.1.2). */
function readHrdDelays(bits: BitReader): number {
  const count = Math.min(31, bits.ue()) + 1;
  bits.u(8);
  for (let i = 0; i < count; i++) {
    bits.ue();
    bits.ue();
    bits.u(1);
  }
  bits.u(5);
  const delays = bits.u(5) + 1 + bits.u(5) + 1;
  bits.u(5);
  return delays;
}
