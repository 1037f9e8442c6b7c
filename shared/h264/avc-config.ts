import { invalid } from "../isobmff/box.ts";
import { type NalUnit, nalUnit } from "./nal-units.ts";
import { type H264Sps, parseSps } from "./sps.ts";

/** The body of an `avcC` box (ISO/IEC 14496-15, 5.3.3.1). */

/** profile_idc of High. */
export const HIGH_PROFILE = 100;

export interface AvcRecord {
  /** Bytes of a NAL unit's length. */
  nalLengthBytes: number;
  spsUnits: NalUnit[];
  ppsUnits: NalUnit[];
  /** Its parameter sets go beyond its end; what is there of them is given. */
  isCutOff: boolean;
}

/** What a record holds, damaged or not. */
export function readAvcRecord(record: Uint8Array): AvcRecord {
  let at = 5;
  let isCutOff = false;
  const byte = (): number => {
    isCutOff ||= at >= record.length;
    return record[at++] ?? 0;
  };
  const units = (count: number): NalUnit[] => {
    const found: NalUnit[] = [];
    for (let n = 0; n < count && !isCutOff; n++) {
      const size = (byte() << 8) | byte();
      found.push(nalUnit(record.subarray(at, at + size)));
      at += size;
      isCutOff ||= at > record.length;
    }
    return found;
  };
  return {
    nalLengthBytes: ((record[4] ?? 3) & 3) + 1,
    spsUnits: units(byte() & 0x1f),
    ppsUnits: units(byte()),
    isCutOff,
  };
}

export interface AvcConfig {
  nalLengthBytes: number;
  sps: H264Sps;
  /** RFC 6381, "avc1.64001f". */
  codec: string;
}

/**
 * A record as ours are: whole, with one SPS that agrees with it.
 * @throws TributaryError OUTPUT_INVALID
 */
export function readAvcConfig(avcC: Uint8Array): AvcConfig {
  const record = readAvcRecord(avcC);
  if (avcC[0] !== 1) throw invalid("The avcC box is malformed.");
  if (record.isCutOff) throw invalid("The avcC box is cut off.");
  const [unit] = record.spsUnits;
  if (unit === undefined || record.spsUnits.length !== 1) {
    throw invalid("The avcC box does not hold exactly one SPS.");
  }
  const sps = parseSps(unit);
  if (sps === null) throw invalid("The SPS is malformed.");
  if (sps.hasScalingMatrices) throw invalid("The SPS holds scaling matrices.");
  const stated = [sps.profile, sps.constraints, sps.level];
  if (stated.some((value, i) => avcC[1 + i] !== value)) {
    throw invalid("The avcC box and its SPS disagree.");
  }
  const hex = stated.map((value) => value.toString(16).padStart(2, "0")).join("");
  return { nalLengthBytes: record.nalLengthBytes, sps, codec: `avc1.${hex}` };
}
