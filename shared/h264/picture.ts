import { BitReader } from "./bit-reader.ts";
import { isSei, isSlice, type NalFraming, nalUnits } from "./nal-units.ts";
import type { H264Sps } from "./sps.ts";

/** Facts of single pictures that containers do not give. Sections are those of ITU-T H.264 (08/2021). */

/** payloadType of SEI messages (D.1). */
const PICTURE_TIMING = 1;

export interface H264Picture {
  frameNum: number;
  field: "top" | "bottom" | null;
}

/** Reads the first slice header of an access unit (7.3.3); null where it has no slice. */
export function readPicture(
  packet: Uint8Array,
  framing: NalFraming,
  sps: H264Sps,
): H264Picture | null {
  for (const unit of nalUnits(packet, framing)) {
    if (!isSlice(unit)) continue;
    const bits = new BitReader(unit.bytes, 1);
    bits.ue();
    bits.ue();
    bits.ue();
    if (sps.separateColourPlanes) bits.u(2);
    const frameNum = bits.u(sps.log2MaxFrameNum);
    if (!sps.maybeInterlaced || !bits.flag()) return { frameNum, field: null };
    return { frameNum, field: bits.flag() ? "bottom" : "top" };
  }
  return null;
}

/**
 * Whether a frame holds two fields of different times. pic_struct of its picture timing SEI (table D-1) says
 * so; where it is not sent, the way the frame is coded decides.
 */
export function isInterlaced(packet: Uint8Array, framing: NalFraming, sps: H264Sps): boolean {
  if (!sps.maybeInterlaced) return false;
  const picStruct = sps.hasPicStruct ? readPicStruct(packet, framing, sps) : null;
  if (picStruct !== null) return picStruct >= 1 && picStruct <= 6;
  return sps.macroblockAdaptive || readPicture(packet, framing, sps)?.field != null;
}

function readPicStruct(packet: Uint8Array, framing: NalFraming, sps: H264Sps): number | null {
  for (const unit of nalUnits(packet, framing)) {
    if (!isSei(unit)) continue;
    const { bytes } = unit;
    let at = 1;
    while (at + 2 < bytes.length) {
      const type = bytes[at] ?? 0;
      const size = bytes[at + 1] ?? 0;
      // Types and sizes over 254 take more bytes; no picture timing is that long.
      if (type === 255 || size === 255) break;
      if (type === PICTURE_TIMING) {
        const bits = new BitReader(bytes.subarray(at + 2, at + 2 + size), 0);
        bits.u(sps.delayBits);
        return bits.u(4);
      }
      at += 2 + size;
    }
  }
  return null;
}
