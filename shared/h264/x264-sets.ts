import { BitWriter } from "./bit-writer.ts";
import { writePlainVui } from "./plain-sps.ts";
import type { ColourCodes } from "./sps.ts";

/**
 * The parameter sets that x264 writes for a rendition, known before x264 has run. So a rendition's init
 * segment can hold them even when another encoder makes its first segments. They follow from the arguments
 * in `encode/ffmpeg-args.ts`; what x264 really wrote is compared with them each time.
 */

/** `sps-id` of x264, for both of its sets. Browsers' encoders write 0. */
export const X264_SET_ID = 1;

/** B-frames serve as references: pictures are reordered by two places, and decoders hold four. */
const X264_ORDER = { reordered: 2, held: 4 };

const SPS_HEADER = 0x67;
const HIGH_PROFILE = 100;

/** PPS 1 of SPS 1: CABAC, weighted prediction, QP 26, one reference, 8x8 transform; preset "veryfast". */
const PPS = [0x68, 0x4a, 0xfb, 0xcb];

/** SPS and PPS, byte for byte as x264 writes them with our arguments, under id 1. */
export function x264ParameterSets({
  width,
  height,
  level,
  colours,
}: {
  width: number;
  height: number;
  level: number;
  colours: ColourCodes;
}): { sps: Uint8Array<ArrayBuffer>; pps: Uint8Array<ArrayBuffer> } {
  const columns = Math.ceil(width / 16);
  const rows = Math.ceil(height / 16);
  const out = new BitWriter();
  out.u(8, HIGH_PROFILE);
  out.u(8, 0);
  out.u(8, level);
  out.ue(X264_SET_ID);
  // 4:2:0, 8 bits, no lossless mode, no scaling matrices.
  out.ue(1);
  out.ue(0);
  out.ue(0);
  out.u(2, 0);
  // 4 bits of frame_num; picture order count of type 0 with 6 bits; four reference frames, no gaps.
  out.ue(0);
  out.ue(0);
  out.ue(2);
  out.ue(4);
  out.u(1, 0);
  out.ue(columns - 1);
  out.ue(rows - 1);
  // Frames only; direct_8x8_inference.
  out.u(2, 3);
  const cropRight = (columns * 16 - width) / 2;
  const cropBottom = (rows * 16 - height) / 2;
  const isCropped = cropRight > 0 || cropBottom > 0;
  out.flag(isCropped);
  if (isCropped) for (const crop of [0, cropRight, 0, cropBottom]) out.ue(crop);
  writePlainVui(out, colours, X264_ORDER);
  return { sps: out.nalUnit(SPS_HEADER), pps: Uint8Array.from(PPS) };
}
