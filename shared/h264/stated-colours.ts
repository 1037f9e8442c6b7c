import { concat, type Part, u32 } from "../isobmff/write.ts";
import { readAvcRecord, withSets } from "./avc-config.ts";
import { isSps, nalUnits } from "./nal-units.ts";
import { statedSps } from "./plain-sps.ts";
import type { ColourCodes } from "./sps.ts";

/**
 * Writes colours into H.264 streams, for decoders that convert to RGB and go only by what the stream states.
 * The coded pictures stay the same.
 */

/**
 * Writes colours into the SPS of a record.
 * @param record body of `avcC`
 * @returns null when the colours cannot be stated: no SPS, a damaged one, or full range
 */
export function statedAvcRecord(
  record: Uint8Array,
  colours: ColourCodes,
): Uint8Array<ArrayBuffer> | null {
  const { spsUnits, ppsUnits, isCutOff } = readAvcRecord(record);
  const sps = spsUnits.map((unit) => statedSps(unit, colours)).filter((bytes) => bytes !== null);
  if (isCutOff || sps.length === 0 || sps.length < spsUnits.length) return null;
  return withSets(
    record,
    sps,
    ppsUnits.map(({ bytes }) => bytes),
  );
}

/**
 * The same for parameter sets inside a packet, which decoders prefer to those of the record.
 * @returns the packet itself when it holds no SPS; null when the colours cannot be stated
 */
export function statedPacket(
  packet: Uint8Array<ArrayBuffer>,
  nalLengthBytes: number,
  colours: ColourCodes,
): Uint8Array<ArrayBuffer> | null {
  const units = [...nalUnits(packet, nalLengthBytes)];
  if (!units.some(isSps)) return packet;
  const stated = units.map((unit) => (isSps(unit) ? statedSps(unit, colours) : unit.bytes));
  const known = stated.filter((bytes) => bytes !== null);
  if (known.length < units.length) return null;
  return concat(
    known.flatMap((bytes): Part[] => [u32(bytes.length).slice(4 - nalLengthBytes), bytes]),
  );
}
