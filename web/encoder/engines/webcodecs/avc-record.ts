import type { ColourTags } from "../../../../shared/cmaf/init.ts";
import { readAvcRecord, withSets } from "../../../../shared/h264/avc-config.ts";
import { isParameterSet, isSps, type NalUnit, nalUnit } from "../../../../shared/h264/nal-units.ts";
import type { H264Sps } from "../../../../shared/h264/sps.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";

/**
 * An encoder's AVCDecoderConfigurationRecord, corrected to the standard (ISO/IEC 14496-15, 5.3.3.1).
 * Firefox 153 writes the first byte of each parameter set twice, and zeros in the reserved bits.
 *
 * @throws TributaryError ENCODE_FAILED
 */
export function repairedAvcRecord(record: Uint8Array): Uint8Array {
  const { spsUnits, ppsUnits, nalLengthBytes, isCutOff } = readAvcRecord(record);
  // Only the SPSs decide: a second byte 0x67 would be profile_idc 103, which does not exist, while 0x68 may well be
  // the second byte of a PPS.
  const isDoubled = spsUnits.every(startsTwice);
  const repaired = (units: readonly NalUnit[]): Uint8Array[] =>
    units.map((unit) => (isDoubled && startsTwice(unit) ? unit.bytes.subarray(1) : unit.bytes));
  const [sps, pps] = [repaired(spsUnits), repaired(ppsUnits)];
  const [first] = sps;
  const units = [...sps, ...pps].map(nalUnit);
  if (isCutOff || first === undefined || !units.every(isParameterSet) || !isSps(nalUnit(first))) {
    throw new TributaryError("ENCODE_FAILED", "The encoder's parameter sets cannot be understood.");
  }
  const whole = withSets(record, sps, pps);
  whole.set([1, ...first.subarray(1, 4), 0xfc | (nalLengthBytes - 1)]);
  return whole;
}

function startsTwice({ bytes }: NalUnit): boolean {
  return bytes[0] === bytes[1];
}

/** Whether an SPS states these tags and limited range, or no colours. */
export function agreesWith({ colours, fullRange }: H264Sps, tags: ColourTags): boolean {
  if (fullRange) return false;
  return (
    colours === null ||
    (colours.primaries === tags.primaries &&
      colours.transfer === tags.transfer &&
      colours.matrix === tags.matrix)
  );
}
