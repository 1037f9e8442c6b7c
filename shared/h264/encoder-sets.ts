import type { EncoderSets } from "../job/job.ts";
import { readAvcRecord, writeAvcRecord } from "./avc-config.ts";
import { nalUnit } from "./nal-units.ts";
import { type PlainSps, plainSps, widestOrder } from "./plain-sps.ts";
import { readPpsIds } from "./pps.ts";
import { parseSps } from "./sps.ts";
import { x264ParameterSets } from "./x264-sets.ts";

/** Parameter sets of several encoders in one init segment. */

/** The id that browsers' encoders write; x264 gets X264_SET_ID. */
export const BROWSER_SET_ID = 0;

/**
 * An encoder's parameter sets, in a form that can stand beside another encoder's in an init segment: one SPS,
 * with its VUI replaced by ours (`plainSps`), and one PPS, both with the same id.
 *
 * @param avcConfig body of the encoder's `avcC`
 * @param id of both sets
 * @returns null when the record does not hold just one SPS and one PPS of this id, or `plainSps` gives null
 */
export function encoderSets(
  avcConfig: Uint8Array,
  id: number,
  plain: PlainSps,
): EncoderSets | null {
  const { spsUnits, ppsUnits, nalLengthBytes, isCutOff } = readAvcRecord(avcConfig);
  const [spsUnit, ...otherSps] = spsUnits;
  const [ppsUnit, ...otherPps] = ppsUnits;
  if (spsUnit === undefined || ppsUnit === undefined || isCutOff) return null;
  if (otherSps.length > 0 || otherPps.length > 0 || nalLengthBytes !== 4) return null;
  const ids = readPpsIds(ppsUnit);
  const sps = plainSps(spsUnit, plain);
  const areOfId = parseSps(spsUnit)?.id === id && ids?.id === id && ids.spsId === id;
  return sps !== null && areOfId ? inBase64({ sps, pps: ppsUnit.bytes }) : null;
}

/** x264's parameter sets, in the same form. */
export function x264Sets(rendition: Parameters<typeof x264ParameterSets>[0]): EncoderSets {
  return inBase64(x264ParameterSets(rendition));
}

/** Whether these sets have the form that `encoderSets` gives to those of a browser's encoder. */
export function arePlain(sets: EncoderSets, plain: PlainSps): boolean {
  const record = writeAvcRecord([inBytes(sets)]);
  return areSameSets(sets, encoderSets(record, BROWSER_SET_ID, plain));
}

export function areSameSets(a: EncoderSets | null, b: EncoderSets | null): boolean {
  return a !== null && b !== null && a.sps === b.sps && a.pps === b.pps;
}

/**
 * Body of the `avcC` of a rendition that x264 and perhaps a browser's encoder make. It holds the sets of both,
 * which state the same level, colours and picture order.
 *
 * @param browser sets of the browser's encoder; null where none takes part
 * @throws TributaryError OUTPUT_INVALID when the browser's sets cannot be read
 */
export function joinedAvcRecord(
  rendition: Parameters<typeof x264ParameterSets>[0] & Pick<PlainSps, "longestTicks">,
  browser: EncoderSets | null,
): Uint8Array<ArrayBuffer> {
  const sets = [...(browser === null ? [] : [inBytes(browser)]), x264ParameterSets(rendition)];
  const orders = sets.flatMap(({ sps }) => parseSps(nalUnit(sps))?.order ?? []);
  const plain = { ...rendition, order: widestOrder(orders) };
  return writeAvcRecord(
    sets.map(({ sps, pps }) => ({ sps: plainSps(nalUnit(sps), plain) ?? sps, pps })),
  );
}

function inBytes({ sps, pps }: EncoderSets): { sps: Uint8Array; pps: Uint8Array } {
  const bytesOf = (base64: string) =>
    Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { sps: bytesOf(sps), pps: bytesOf(pps) };
}

function inBase64({ sps, pps }: { sps: Uint8Array; pps: Uint8Array }): EncoderSets {
  return { sps: btoa(String.fromCharCode(...sps)), pps: btoa(String.fromCharCode(...pps)) };
}
