import { invalid } from "../isobmff/box.ts";
import { concat, type Part, u32 } from "../isobmff/write.ts";

/** NAL units of access units. Sections are those of ITU-T H.264 (08/2021). */

/** nal_unit_type (table 7-1). */
const SLICE = 1;
const SLICE_PARTITION_LAST = 4;
const IDR_SLICE = 5;
const SEI = 6;
const SPS = 7;
const PPS = 8;

export interface NalUnit {
  type: number;
  /** With its header byte, without length or start code. */
  bytes: Uint8Array;
}

/** Bytes of a NAL unit's length (ISO/IEC 14496-15, 5.3.2); null: start codes (annex B). */
export type NalFraming = number | null;

/**
 * Yields the units of a packet, up to the first length that does not fit.
 * @returns (of the generator) whether the units fill the packet
 */
export function* nalUnits(packet: Uint8Array, framing: NalFraming): Generator<NalUnit, boolean> {
  if (framing === null) {
    yield* startCodeUnits(packet);
    return true;
  }
  let at = 0;
  while (at + framing <= packet.length) {
    let size = 0;
    for (let i = 0; i < framing; i++) size = size * 256 + (packet[at + i] ?? 0);
    at += framing;
    if (size === 0 || at + size > packet.length) return false;
    yield nalUnit(packet.subarray(at, at + size));
    at += size;
  }
  return at === packet.length;
}

function* startCodeUnits(packet: Uint8Array): Generator<NalUnit> {
  let start = -1;
  for (let i = 0; i + 2 < packet.length; i++) {
    if (packet[i] !== 0 || packet[i + 1] !== 0 || packet[i + 2] !== 1) continue;
    if (start !== -1) yield nalUnit(trimZeros(packet.subarray(start, i)));
    start = i + 3;
    i += 2;
  }
  if (start !== -1) yield nalUnit(trimZeros(packet.subarray(start)));
}

/** trailing_zero_8bits and the first byte of a four-byte start code (annex B). */
function trimZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

export function nalUnit(bytes: Uint8Array): NalUnit {
  return { type: (bytes[0] ?? 0) & 0x1f, bytes };
}

/** The units of a sample. @throws TributaryError OUTPUT_INVALID when they do not fill it */
function* allNalUnits(sample: Uint8Array, nalLengthBytes: number): Generator<NalUnit> {
  const fills = yield* nalUnits(sample, nalLengthBytes);
  if (!fills) throw invalid("A NAL unit's length is wrong.");
}

export function isSps({ type }: NalUnit): boolean {
  return type === SPS;
}

export function isSei({ type }: NalUnit): boolean {
  return type === SEI;
}

export function isPps({ type }: NalUnit): boolean {
  return type === PPS;
}

/** Sequence and picture parameter sets. */
export function isParameterSet({ type }: NalUnit): boolean {
  return type === SPS || type === PPS;
}

/** Slices that are whole, not split into partitions. */
export function isSlice({ type }: NalUnit): boolean {
  return type === SLICE || type === IDR_SLICE;
}

/** Whether the packet holds an IDR picture. Recovery points of open GOPs do not count. */
export function holdsIdr(packet: Uint8Array, framing: NalFraming): boolean {
  for (const { type } of nalUnits(packet, framing)) if (type === IDR_SLICE) return true;
  return false;
}

/**
 * "idr" when all coded slices are IDR slices, "other" when none is.
 * @throws TributaryError OUTPUT_INVALID for anything else
 */
export function pictureKind(sample: Uint8Array, nalLengthBytes: number): "idr" | "other" {
  let idrSlices = 0;
  let otherSlices = 0;
  for (const { type } of allNalUnits(sample, nalLengthBytes)) {
    if (type === IDR_SLICE) idrSlices += 1;
    else if (type >= SLICE && type <= SLICE_PARTITION_LAST) otherSlices += 1;
  }
  if (idrSlices + otherSlices === 0) throw invalid("A sample holds no picture.");
  if (idrSlices > 0 && otherSlices > 0) throw invalid("A sample mixes IDR and other slices.");
  return idrSlices > 0 ? "idr" : "other";
}

/**
 * The sample without SEI and parameter sets. x264's SEI holds its version and settings, the only bytes that
 * differ between a wasm build and a native one. The parameter sets stand in the init segment.
 * @throws TributaryError OUTPUT_INVALID
 */
export function picturesAlone(sample: Uint8Array, nalLengthBytes: number): Uint8Array {
  const units = [...allNalUnits(sample, nalLengthBytes)];
  const kept = units.filter((unit) => !isSei(unit) && !isParameterSet(unit));
  if (kept.length === units.length) return sample;
  return concat(
    kept.flatMap(({ bytes }): Part[] => [u32(bytes.length).slice(4 - nalLengthBytes), bytes]),
  );
}
