import { type Box, BoxFields, scanBoxes } from "./box.ts";

/** Flags of a `trun` (ISO/IEC 14496-12, 8.8.8.1); each adds a field of four bytes. */
const DATA_OFFSET = 0x1;
const FIRST_SAMPLE_FLAGS = 0x4;
const COMPOSITION_OFFSETS = 0x800;
const FIELDS_BEFORE_OFFSET = [0x100, 0x200, 0x400];

/**
 * Finds runs of version 0 with composition offsets below zero. Some writers make them, although offsets are
 * unsigned in that version (8.8.8.2). Read as unsigned, they would put pictures hours or days apart.
 * @param moof the box with its header
 * @returns for each such run, the offset of its version byte in `moof`
 */
export function unsignedRuns(moof: Uint8Array): number[] {
  const found: number[] = [];
  for (const fragment of inside(moof, scanBoxes(moof, 0, moof.length).boxes, "moof")) {
    if (fragment.type !== "traf") continue;
    for (const run of inside(moof, [fragment], "traf")) {
      if (run.type === "trun" && hasNegativeOffset(moof, run)) found.push(run.bodyStart);
    }
  }
  return found;
}

function inside(bytes: Uint8Array, boxes: readonly Box[], type: string): Box[] {
  return boxes
    .filter((box) => box.type === type)
    .flatMap(({ bodyStart, end }) => scanBoxes(bytes, bodyStart, end).boxes);
}

function hasNegativeOffset(moof: Uint8Array, run: Box): boolean {
  const fields = new BoxFields(moof, run);
  const { version, flags } = fields.versionAndFlags();
  if (version !== 0 || (flags & COMPOSITION_OFFSETS) === 0) return false;
  const samples = fields.u32();
  for (const flag of [DATA_OFFSET, FIRST_SAMPLE_FLAGS]) if ((flags & flag) !== 0) fields.skip(4);
  const before = 4 * FIELDS_BEFORE_OFFSET.filter((flag) => (flags & flag) !== 0).length;
  if ((before + 4) * samples > fields.left) return false;
  for (let sample = 0; sample < samples; sample++) {
    fields.skip(before);
    if (fields.i32() < 0) return true;
  }
  return false;
}
