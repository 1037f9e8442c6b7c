import { type Box, BoxFields, scanBoxes } from "./box.ts";
import type { DescriptionRun } from "./sample-tables.ts";

/** Which sample descriptions the samples of movie fragments have (ISO/IEC 14496-12, 8.8.7). */

const BASE_DATA_OFFSET = 0x1;
const SAMPLE_DESCRIPTION_INDEX = 0x2;

/** A track's sample descriptions and defaults, as the file gives them before its fragments. */
export interface DescribedTrack {
  id: number;
  /** Description for fragments that do not name one; counts from 0 (`trex`, 8.8.3). */
  fragmentDescription: number;
  descriptionRuns: DescriptionRun[];
}

/**
 * Adds the samples of a fragment to `counts`, and their descriptions to the tracks' `descriptionRuns`.
 * @param moof the box with its header
 * @param counts samples of each track so far, by track id
 */
export function addFragment(
  tracks: readonly DescribedTrack[],
  moof: Uint8Array,
  counts: Map<number, number>,
): void {
  const [fragment] = scanBoxes(moof, 0, moof.length).boxes;
  if (fragment === undefined) return;
  for (const traf of childrenOf(moof, fragment).filter(({ type }) => type === "traf")) {
    const boxes = childrenOf(moof, traf);
    const tfhd = boxes.find(({ type }) => type === "tfhd");
    if (tfhd === undefined) continue;
    const { trackId, description } = readHeader(moof, tfhd);
    const track = tracks.find(({ id }) => id === trackId);
    if (track === undefined) continue;
    const firstSample = counts.get(trackId) ?? 0;
    const samples = boxes
      .filter(({ type }) => type === "trun")
      .reduce((sum, run) => sum + sampleCount(moof, run), 0);
    counts.set(trackId, firstSample + samples);
    const here = description ?? track.fragmentDescription;
    if (samples > 0 && here !== (track.descriptionRuns.at(-1)?.description ?? 0)) {
      track.descriptionRuns.push({ firstSample, description: here });
    }
  }
}

/** @returns `description`: counts from 0; null where the fragment does not say it */
function readHeader(moof: Uint8Array, tfhd: Box): { trackId: number; description: number | null } {
  const fields = new BoxFields(moof, tfhd);
  const { flags } = fields.versionAndFlags();
  const trackId = fields.u32();
  if ((flags & SAMPLE_DESCRIPTION_INDEX) === 0) return { trackId, description: null };
  if ((flags & BASE_DATA_OFFSET) !== 0) fields.skip(8);
  return { trackId, description: Math.max(0, fields.u32() - 1) };
}

function sampleCount(moof: Uint8Array, trun: Box): number {
  const fields = new BoxFields(moof, trun);
  fields.skip(4);
  return fields.u32();
}

function childrenOf(bytes: Uint8Array, { bodyStart, end }: Box): Box[] {
  return scanBoxes(bytes, bodyStart, end).boxes;
}
