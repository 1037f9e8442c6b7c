import { concat, type Part, u32 } from "../isobmff/write.ts";
import { readAvcRecord, withSets } from "./avc-config.ts";
import { isSps, nalUnits } from "./nal-units.ts";
import { statedSps } from "./plain-sps.ts";
import type { ColourCodes } from "./sps.ts";

/**
 * Streams that state the colours they are to be decoded in, for decoders that convert to RGB by what the
 * stream says and hear nothing else. The coded pictures stay.
 */

/**
 * @param record body of `avcC`
 * @returns null where that cannot be stated: no or damaged parameter sets, full range
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

/** The same of the parameter sets inside a packet, which decoders prefer; the packet itself without any. */
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
