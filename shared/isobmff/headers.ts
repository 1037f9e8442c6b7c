import { type Box, BoxFields } from "./box.ts";

/**
 * Reads fields of header boxes (ISO/IEC 14496-12, clause 8), in our own outputs and in sources. All functions
 * throw TributaryError OUTPUT_INVALID when the box is too short for its version.
 */

/** track_ID of a `tkhd` (8.3.2). */
export function readTrackId(bytes: Uint8Array, tkhd: Box): number {
  return afterDates(bytes, tkhd).u32();
}

/** Ticks a second, of an `mdhd` (8.4.2) or `mvhd` (8.2.2). */
export function readTimescale(bytes: Uint8Array, header: Box): number {
  return afterDates(bytes, header).u32();
}

/** Duration in an `mvhd` (8.2.2), in seconds; 0 where it does not say. */
export function readMovieSeconds(bytes: Uint8Array, mvhd: Box): number {
  const fields = new BoxFields(bytes, mvhd);
  const isLong = fields.versionAndFlags().version === 1;
  fields.skip(dateBytes(isLong ? 1 : 0));
  const timescale = fields.u32();
  const duration = isLong ? fields.u32() * 2 ** 32 + fields.u32() : fields.u32();
  const isKnown = timescale > 0 && duration !== (isLong ? 2 ** 64 : 2 ** 32 - 1);
  return isKnown ? duration / timescale : 0;
}

/** Three letters of ISO 639-2/T, of an `mdhd` (8.4.2). */
export function readLanguage(bytes: Uint8Array, mdhd: Box): string {
  const fields = new BoxFields(bytes, mdhd);
  const isLong = fields.versionAndFlags().version === 1;
  fields.skip(isLong ? 28 : 16);
  const packed = fields.u16();
  return String.fromCharCode(...[10, 5, 0].map((shift) => 0x60 + ((packed >> shift) & 31)));
}

/** handler_type of an `hdlr` (8.4.3): "vide", "soun". */
export function readHandler(bytes: Uint8Array, hdlr: Box): string {
  const fields = new BoxFields(bytes, hdlr);
  fields.skip(8);
  return fields.text(4);
}

/** sample_count of an `stsz` (8.7.3.2). */
export function readSampleCount(bytes: Uint8Array, stsz: Box): number {
  const fields = new BoxFields(bytes, stsz);
  fields.skip(8);
  return fields.u32();
}

/** Size of the two dates (creation, change) with which `tkhd`, `mdhd` and `mvhd` of a version begin. */
export function dateBytes(version: number): number {
  return version === 1 ? 16 : 8;
}

function afterDates(bytes: Uint8Array, header: Box): BoxFields {
  const fields = new BoxFields(bytes, header);
  fields.skip(dateBytes(fields.versionAndFlags().version));
  return fields;
}
