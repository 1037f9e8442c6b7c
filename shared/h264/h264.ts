/**
 * The little of H.264 that containers do not tell: bit depth, interlacing, transfer characteristics
 * and which packets are second fields. Sections are those of ITU-T H.264 (08/2021).
 */

export interface H264Sps {
  /** Of the decoded picture: cropped, both fields together. */
  width: number;
  height: number;
  bitDepth: number;
  /** frame_mbs_only_flag is 0: fields or macroblock pairs may occur. */
  maybeInterlaced: boolean;
  /** Frames may mix field and frame macroblocks (MBAFF). */
  macroblockAdaptive: boolean;
  /** transfer_characteristics (table E-4), 2 when not given. */
  transfer: number;
  log2MaxFrameNum: number;
  separateColourPlanes: boolean;
  /** Whether picture timing SEI carries pic_struct. */
  hasPicStruct: boolean;
  /** Bits of the two delays that stand before pic_struct; 0 when they do not. */
  delayBits: number;
}

/** NAL units of an access unit, whether start codes or lengths separate them. */
export function* nalUnits(packet: Uint8Array, lengthSize: number | null): Generator<Uint8Array> {
  if (lengthSize === null) {
    yield* annexBUnits(packet);
    return;
  }
  let at = 0;
  while (at + lengthSize <= packet.length) {
    let size = 0;
    for (let i = 0; i < lengthSize; i++) size = size * 256 + (packet[at + i] ?? 0);
    at += lengthSize;
    if (size === 0 || at + size > packet.length) return;
    yield packet.subarray(at, at + size);
    at += size;
  }
}

function* annexBUnits(packet: Uint8Array): Generator<Uint8Array> {
  let start = -1;
  for (let i = 0; i + 2 < packet.length; i++) {
    if (packet[i] !== 0 || packet[i + 1] !== 0 || packet[i + 2] !== 1) continue;
    if (start !== -1) yield trimZeros(packet.subarray(start, i));
    start = i + 3;
    i += 2;
  }
  if (start !== -1) yield trimZeros(packet.subarray(start));
}

/** trailing_zero_8bits and the first byte of a four-byte start code (annex B). */
function trimZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

/** Reads bits of a NAL unit, without its emulation prevention bytes (7.4.1). */
class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  constructor(unit: Uint8Array, skipBytes: number) {
    const clean: number[] = [];
    // Headers are short; slices are not read beyond theirs.
    const end = Math.min(unit.length, 512);
    for (let i = skipBytes, zeros = 0; i < end; i++) {
      const byte = unit[i] ?? 0;
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      clean.push(byte);
    }
    this.#bytes = Uint8Array.from(clean);
  }

  get exhausted(): boolean {
    return this.#bit > this.#bytes.length * 8;
  }

  u(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const byte = this.#bytes[this.#bit >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#bit & 7))) & 1);
      this.#bit++;
    }
    return value;
  }

  /** ue(v), 9.1. */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && !this.exhausted && this.u(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.u(zeros);
  }

  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

const PROFILES_WITH_CHROMA = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** 7.3.2.1.1 and E.1.1; null when it is no sequence parameter set or is damaged. */
export function parseSps(unit: Uint8Array): H264Sps | null {
  if (((unit[0] ?? 0) & 0x1f) !== 7) return null;
  const bits = new BitReader(unit, 1);
  const profile = bits.u(8);
  bits.u(16);
  bits.ue();
  let bitDepth = 8;
  let chromaFormat = 1;
  let separateColourPlanes = false;
  if (PROFILES_WITH_CHROMA.has(profile)) {
    chromaFormat = bits.ue();
    if (chromaFormat === 3) separateColourPlanes = bits.u(1) === 1;
    bitDepth = 8 + bits.ue();
    bits.ue();
    bits.u(1);
    if (bits.u(1) === 1) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  }
  const log2MaxFrameNum = bits.ue() + 4;
  skipPicOrderCount(bits);
  bits.ue();
  bits.u(1);
  const columns = bits.ue() + 1;
  const mapRows = bits.ue() + 1;
  const maybeInterlaced = bits.u(1) === 0;
  const macroblockAdaptive = maybeInterlaced && bits.u(1) === 1;
  bits.u(1);
  const rows = maybeInterlaced ? 2 * mapRows : mapRows;
  const crop = bits.u(1) === 1 ? readCrop(bits, chromaFormat, maybeInterlaced) : { x: 0, y: 0 };
  const vui = bits.u(1) === 1 ? readVui(bits) : { transfer: 2, hasPicStruct: false, delayBits: 0 };
  const width = columns * 16 - crop.x;
  const height = rows * 16 - crop.y;
  if (bits.exhausted || bitDepth > 16 || width < 1 || height < 1) return null;
  return {
    width,
    height,
    bitDepth,
    maybeInterlaced,
    macroblockAdaptive,
    log2MaxFrameNum,
    separateColourPlanes,
    ...vui,
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
    if (bits.u(1) === 0) continue;
    let next = 8;
    for (let i = 0, last = 8; i < (list < 6 ? 16 : 64) && next !== 0; i++) {
      next = (last + bits.se() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function skipPicOrderCount(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return;
  bits.u(1);
  bits.se();
  bits.se();
  const cycle = Math.min(255, bits.ue());
  for (let i = 0; i < cycle; i++) bits.se();
}

function readVui(bits: BitReader): Pick<H264Sps, "transfer" | "hasPicStruct" | "delayBits"> {
  let transfer = 2;
  if (bits.u(1) === 1 && bits.u(8) === 255) bits.u(32);
  if (bits.u(1) === 1) bits.u(1);
  if (bits.u(1) === 1) {
    bits.u(4);
    if (bits.u(1) === 1) {
      bits.u(8);
      transfer = bits.u(8);
      bits.u(8);
    }
  }
  if (bits.u(1) === 1) {
    bits.ue();
    bits.ue();
  }
  if (bits.u(1) === 1) {
    bits.u(32);
    bits.u(32);
    bits.u(1);
  }
  const nalHrd = bits.u(1) === 1;
  let delayBits = nalHrd ? readHrdDelays(bits) : 0;
  const vclHrd = bits.u(1) === 1;
  if (vclHrd) delayBits = readHrdDelays(bits);
  if (nalHrd || vclHrd) bits.u(1);
  return { transfer, hasPicStruct: bits.u(1) === 1, delayBits };
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

export interface H264Picture {
  frameNum: number;
  field: "top" | "bottom" | null;
}

/** What the first slice header of an access unit tells (7.3.3); null when it has no slice. */
export function readPicture(
  packet: Uint8Array,
  lengthSize: number | null,
  sps: H264Sps,
): H264Picture | null {
  for (const unit of nalUnits(packet, lengthSize)) {
    const type = (unit[0] ?? 0) & 0x1f;
    if (type !== 1 && type !== 5) continue;
    const bits = new BitReader(unit, 1);
    bits.ue();
    bits.ue();
    bits.ue();
    if (sps.separateColourPlanes) bits.u(2);
    const frameNum = bits.u(sps.log2MaxFrameNum);
    if (!sps.maybeInterlaced || bits.u(1) === 0) return { frameNum, field: null };
    return { frameNum, field: bits.u(1) === 1 ? "bottom" : "top" };
  }
  return null;
}

/**
 * Whether a frame holds two fields of different times: by pic_struct of its picture timing SEI
 * (table D-1) where it is sent, else by how it is coded.
 */
export function isInterlaced(packet: Uint8Array, lengthSize: number | null, sps: H264Sps): boolean {
  if (!sps.maybeInterlaced) return false;
  const picStruct = sps.hasPicStruct ? readPicStruct(packet, lengthSize, sps) : null;
  if (picStruct !== null) return picStruct >= 1 && picStruct <= 6;
  return sps.macroblockAdaptive || readPicture(packet, lengthSize, sps)?.field != null;
}

function readPicStruct(packet: Uint8Array, lengthSize: number | null, sps: H264Sps): number | null {
  for (const unit of nalUnits(packet, lengthSize)) {
    if (((unit[0] ?? 0) & 0x1f) !== 6) continue;
    let at = 1;
    while (at + 2 < unit.length) {
      const type = unit[at] ?? 0;
      const size = unit[at + 1] ?? 0;
      // Types and sizes over 254 take more bytes; no picture timing is that long.
      if (type === 255 || size === 255) break;
      if (type === 1) {
        const bits = new BitReader(unit.subarray(at + 2, at + 2 + size), 0);
        bits.u(sps.delayBits);
        return bits.u(4);
      }
      at += 2 + size;
    }
  }
  return null;
}

/** The avcC record's NAL length size and first SPS (ISO/IEC 14496-15, 5.3.3.1). */
export function readAvcC(record: Uint8Array): { lengthSize: number; sps: H264Sps | null } {
  const lengthSize = ((record[4] ?? 3) & 3) + 1;
  const count = (record[5] ?? 0) & 0x1f;
  const size = ((record[6] ?? 0) << 8) | (record[7] ?? 0);
  return { lengthSize, sps: count > 0 ? parseSps(record.subarray(8, 8 + size)) : null };
}
