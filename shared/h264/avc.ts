import { concat, invalid } from "../isobmff/box.ts";

/** H.264 in MP4 (ISO/IEC 14496-15, 5): what the gate and the cutter need of it, not a decoder. */

/** NAL unit types (ITU-T H.264, table 7-1). */
const SLICE = 1;
const SLICE_PARTITION_LAST = 4;
const IDR_SLICE = 5;
const SEI = 6;
const SPS = 7;

/** profile_idc of High. */
export const HIGH_PROFILE = 100;

export interface AvcConfig {
  profile: number;
  constraints: number;
  /** level_idc: level times ten. */
  level: number;
  nalLengthBytes: number;
  /** Of the first SPS, cropped. */
  width: number;
  height: number;
  /** RFC 6381, "avc1.64001f". */
  codec: string;
}

/** Throws OUTPUT_INVALID. */
export function readAvcConfig(avcC: Uint8Array): AvcConfig {
  const [version, profile, constraints, level, lengthByte, spsByte, sizeHigh, sizeLow] = avcC;
  if (
    version !== 1 ||
    profile === undefined ||
    constraints === undefined ||
    level === undefined ||
    lengthByte === undefined ||
    spsByte === undefined ||
    sizeHigh === undefined ||
    sizeLow === undefined
  ) {
    throw invalid("The avcC box is malformed.");
  }
  if ((spsByte & 31) !== 1) throw invalid("The avcC box does not hold exactly one SPS.");
  const sps = avcC.subarray(8, 8 + ((sizeHigh << 8) | sizeLow));
  if (sps.length !== ((sizeHigh << 8) | sizeLow) || ((sps[0] ?? 0) & 31) !== SPS) {
    throw invalid("The avcC box is cut off.");
  }
  if (sps[1] !== profile || sps[2] !== constraints || sps[3] !== level) {
    throw invalid("The avcC box and its SPS disagree.");
  }
  const hex = [profile, constraints, level]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return {
    profile,
    constraints,
    level,
    nalLengthBytes: (lengthByte & 3) + 1,
    ...readSpsSize(sps),
    codec: `avc1.${hex}`,
  };
}

/** Throws OUTPUT_INVALID when the lengths do not fill the sample. */
export function* readNalUnits(
  sample: Uint8Array,
  nalLengthBytes: number,
): Generator<{ type: number; unit: Uint8Array }> {
  let at = 0;
  while (at < sample.length) {
    let length = 0;
    for (let index = 0; index < nalLengthBytes; index++)
      length = length * 256 + (sample[at + index] ?? 0);
    const start = at + nalLengthBytes;
    if (length === 0 || length > sample.length - start)
      throw invalid("A NAL unit's length is wrong.");
    yield { type: (sample[start] ?? 0) & 31, unit: sample.subarray(at, start + length) };
    at = start + length;
  }
}

/** "idr" when all coded slices are IDR slices, "other" when none is. Throws OUTPUT_INVALID for anything else. */
export function pictureKind(sample: Uint8Array, nalLengthBytes: number): "idr" | "other" {
  let idrSlices = 0;
  let otherSlices = 0;
  for (const { type } of readNalUnits(sample, nalLengthBytes)) {
    if (type === IDR_SLICE) idrSlices += 1;
    else if (type >= SLICE && type <= SLICE_PARTITION_LAST) otherSlices += 1;
  }
  if (idrSlices + otherSlices === 0) throw invalid("A sample holds no picture.");
  if (idrSlices > 0 && otherSlices > 0) throw invalid("A sample mixes IDR and other slices.");
  return idrSlices > 0 ? "idr" : "other";
}

/**
 * Without supplemental information: x264's is its version and settings, the only bytes that differ
 * between a build for wasm and a native one.
 */
export function withoutSei(sample: Uint8Array, nalLengthBytes: number): Uint8Array {
  const units = [...readNalUnits(sample, nalLengthBytes)];
  const kept = units.filter(({ type }) => type !== SEI);
  return kept.length === units.length ? sample : concat(kept.map(({ unit }) => unit));
}

/** ITU-T H.264, 7.3.2.1.1, as far as the picture's size. */
function readSpsSize(sps: Uint8Array): { width: number; height: number } {
  const bits = new BitReader(withoutEmulationPrevention(sps.subarray(1)));
  const profile = bits.read(8);
  bits.read(16);
  bits.readUe();
  let chromaFormat = 1;
  if ([100, 110, 122, 244, 44, 83, 86, 118, 128].includes(profile)) {
    chromaFormat = bits.readUe();
    if (chromaFormat === 3) bits.read(1);
    bits.readUe();
    bits.readUe();
    bits.read(1);
    if (bits.read(1) === 1) throw invalid("The SPS holds scaling matrices.");
  }
  bits.readUe();
  const pictureOrderType = bits.readUe();
  if (pictureOrderType === 0) {
    bits.readUe();
  } else if (pictureOrderType === 1) {
    bits.read(1);
    bits.readUe();
    bits.readUe();
    const cycle = bits.readUe();
    if (cycle > 255) throw invalid("The SPS is malformed.");
    for (let index = 0; index < cycle; index++) bits.readUe();
  }
  bits.readUe();
  bits.read(1);
  const widthMacroblocks = bits.readUe() + 1;
  const heightMapUnits = bits.readUe() + 1;
  const framesOnly = bits.read(1);
  if (framesOnly === 0) bits.read(1);
  bits.read(1);
  let [left, right, top, bottom] = [0, 0, 0, 0];
  if (bits.read(1) === 1)
    [left, right, top, bottom] = [bits.readUe(), bits.readUe(), bits.readUe(), bits.readUe()];
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  return {
    width: widthMacroblocks * 16 - (left + right) * cropX,
    height: heightMapUnits * 16 * (2 - framesOnly) - (top + bottom) * cropY,
  };
}

function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  return bytes.filter(
    (byte, index) => !(byte === 3 && bytes[index - 1] === 0 && bytes[index - 2] === 0),
  );
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw invalid("The SPS is cut off.");
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  /** Unsigned Exp-Golomb; signed ones have the same length. */
  readUe(): number {
    let zeros = 0;
    while (this.read(1) === 0) {
      zeros += 1;
      if (zeros > 31) throw invalid("The SPS is malformed.");
    }
    return 2 ** zeros - 1 + this.read(zeros);
  }
}
