import { type Box, BoxFields, scanBoxes } from "./box.ts";

/** Tables of a track that say more about its samples than demuxers do (ISO/IEC 14496-12, 8.5 to 8.7). */

/** Pairs as in `stts`: a number of samples, and the ticks from the decoding of each to that of the next. */
export type DecodeRuns = Uint32Array;

/** 8.6.1.2 */
export function readDecodeRuns(bytes: Uint8Array, stts: Box | undefined): DecodeRuns {
  if (stts === undefined) return new Uint32Array(0);
  const fields = new BoxFields(bytes, stts);
  fields.skip(4);
  const count = Math.min(fields.u32(), Math.floor(fields.left / 8));
  return Uint32Array.from({ length: 2 * count }, () => fields.u32());
}

/** Number of samples in all runs. */
export function samplesOf(runs: DecodeRuns): number {
  return runs.reduce((sum, value, at) => sum + (at % 2 === 0 ? value : 0), 0);
}

/** Decode time of each sample, in ticks, and after them the end of the last one. */
export function decodeTicks(runs: DecodeRuns): Float64Array {
  const ticks = new Float64Array(samplesOf(runs) + 1);
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    for (let n = runs[run] ?? 0; n > 0; n--) {
      ticks[at + 1] = (ticks[at] ?? 0) + (runs[run + 1] ?? 0);
      at++;
    }
  }
  return ticks;
}

/** The entries of an `stsd`, as far as they can be read (8.5.2). */
export function readDescriptions(bytes: Uint8Array, stsd: Box): Box[] {
  return scanBoxes(bytes, stsd.bodyStart + 8, stsd.end).boxes;
}

/** From `firstSample` on, samples are described by the entry at `description` of `stsd`; both count from 0. */
export interface DescriptionRun {
  firstSample: number;
  description: number;
}

/** Reads `stsc` (8.7.4): each entry is a run of chunks with equally many samples of the same description. */
export function readDescriptionRuns(bytes: Uint8Array, stsc: Box | undefined): DescriptionRun[] {
  if (stsc === undefined) return [];
  const fields = new BoxFields(bytes, stsc);
  fields.skip(4);
  const count = Math.min(fields.u32(), Math.floor(fields.left / 12));
  const runs: DescriptionRun[] = [];
  let sample = 0;
  let before = { chunk: 1, samples: 0 };
  for (let i = 0; i < count; i++) {
    const [chunk, samples, entry] = [fields.u32(), fields.u32(), fields.u32()];
    sample += (chunk - before.chunk) * before.samples;
    before = { chunk, samples };
    const description = Math.max(0, entry - 1);
    if (runs.at(-1)?.description !== description) runs.push({ firstSample: sample, description });
  }
  return runs;
}
