import { invalid } from "../isobmff/box.ts";
import { type NalUnit, nalUnit } from "./nal-units.ts";
import { readPpsIds } from "./pps.ts";
import { type H264Sps, parseSps } from "./sps.ts";

/** The body of an `avcC` box (ISO/IEC 14496-15, 5.3.3.1). */

/** profile_idc of High. */
export const HIGH_PROFILE = 100;

export interface AvcRecord {
  /** Bytes of a NAL unit's length. */
  nalLengthBytes: number;
  spsUnits: NalUnit[];
  ppsUnits: NalUnit[];
  /** The record ends inside its parameter sets; what is there of them is given. */
  isCutOff: boolean;
}

/** Reads a record's contents; a damaged record gives what can be read. */
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
  /** One for each encoder, each with an id of its own. */
  spsList: H264Sps[];
  ppsIds: number[];
  /** RFC 6381, "avc1.64001f". */
  codec: string;
}

/** One for each encoder whose pictures a rendition may hold. */
const MOST_SETS = 2;

/**
 * Reads a record and checks that it is as ours are: whole, with at most one SPS for each encoder, no id twice,
 * and an SPS for each PPS. Its head has to state the highest level, and the constraints that hold for all SPS
 * (5.3.3.1.2).
 * @throws TributaryError OUTPUT_INVALID
 */
export function readAvcConfig(avcC: Uint8Array): AvcConfig {
  const record = readAvcRecord(avcC);
  if (avcC[0] !== 1) throw invalid("The avcC box is malformed.");
  if (record.isCutOff) throw invalid("The avcC box is cut off.");
  const spsList = record.spsUnits.map(readSps);
  if (spsList.length < 1 || spsList.length > MOST_SETS) {
    throw invalid(`The avcC box holds ${spsList.length} SPS.`);
  }
  const spsIds = new Set(spsList.map(({ id }) => id));
  const pps = record.ppsUnits.map(readPpsIds).filter((ids) => ids !== null);
  const ppsIds = pps.map(({ id }) => id);
  const areSound =
    spsIds.size === spsList.length &&
    pps.length === record.ppsUnits.length &&
    new Set(ppsIds).size === pps.length &&
    pps.every(({ spsId }) => spsIds.has(spsId));
  if (!areSound) throw invalid("The parameter sets do not go together.");
  const stated = statedOf(spsList);
  if (stated.some((value, i) => avcC[1 + i] !== value)) {
    throw invalid("The avcC box and its SPS disagree.");
  }
  const hex = stated.map((value) => value.toString(16).padStart(2, "0")).join("");
  const { nalLengthBytes } = record;
  return { nalLengthBytes, spsList, ppsIds, codec: `avc1.${hex}` };
}

function readSps(unit: NalUnit): H264Sps {
  const sps = parseSps(unit);
  if (sps === null) throw invalid("The SPS is malformed.");
  if (sps.hasScalingMatrices) throw invalid("The SPS holds scaling matrices.");
  return sps;
}

/** Profile, constraints and level that a record's head states for all of these SPS. */
function statedOf(spsList: readonly H264Sps[]): [number, number, number] {
  return [
    Math.max(...spsList.map(({ profile }) => profile)),
    spsList.reduce((all, { constraints }) => all & constraints, 255),
    Math.max(...spsList.map(({ level }) => level)),
  ];
}

/** Bytes that say 4:2:0, 8 bits and no SPS extension, at the end of a record of High profile. */
const HIGH_TAIL = [0xfd, 0xf8, 0xf8, 0];

/**
 * Writes a record of High profile with these sets. NAL units have lengths of four bytes.
 * @throws TributaryError OUTPUT_INVALID
 */
export function writeAvcRecord(
  sets: readonly { sps: Uint8Array; pps: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const stated = statedOf(sets.map(({ sps }) => readSps(nalUnit(sps))));
  return Uint8Array.from([
    1,
    ...stated,
    0xff,
    0xe0 | sets.length,
    ...sets.flatMap(({ sps }) => withLength(sps)),
    sets.length,
    ...sets.flatMap(({ pps }) => withLength(pps)),
    ...HIGH_TAIL,
  ]);
}

/**
 * Copies a record with other parameter sets in place of its own; its head and what follows the sets stay.
 * @param sps at most 31
 * @param pps at most 255
 */
export function withSets(
  record: Uint8Array,
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const { spsUnits, ppsUnits } = readAvcRecord(record);
  const lengthBytes = [...spsUnits, ...ppsUnits].reduce(
    (sum, { bytes }) => sum + 2 + bytes.length,
    0,
  );
  return Uint8Array.from([
    ...record.subarray(0, 5),
    0xe0 | sps.length,
    ...sps.flatMap(withLength),
    pps.length,
    ...pps.flatMap(withLength),
    // chroma_format and what else High profile has.
    ...record.subarray(7 + lengthBytes),
  ]);
}

/** A parameter set as a record holds it. */
function withLength(unit: Uint8Array): number[] {
  return [unit.length >> 8, unit.length & 255, ...unit];
}
