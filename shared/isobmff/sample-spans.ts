import { type Box, BoxFields, scanBoxes } from "./box.ts";
import { decodeTicks, readDecodeRuns } from "./sample-tables.ts";

/** Where the samples of a track lie in a file, and when they are shown (ISO/IEC 14496-12, 8.6 to 8.8). */

export interface SampleSpan {
  /** In the file. */
  offset: number;
  sizeBytes: number;
  /** Decode times on the media's own timeline; those of text are also when it is shown. */
  startTicks: number;
  endTicks: number;
}

/** No more samples of a track are read. */
const MOST_SAMPLES = 200_000;

/**
 * The samples of a track that the `moov` describes; those of movie fragments are not among them.
 * @param moov the box with its header
 */
export function movieSpans(moov: Uint8Array, trackId: number): SampleSpan[] {
  const stbl = tableOf(moov, trackId);
  if (stbl === undefined) return [];
  const find = (type: string) => stbl.find((box) => box.type === type);
  const ticks = decodeTicks(readDecodeRuns(moov, find("stts")));
  const sizes = readSizes(moov, find("stsz"));
  const chunks = readChunkOffsets(moov, find("stco"), find("co64"));
  const spans: SampleSpan[] = [];
  for (const [chunk, samples] of samplesByChunk(moov, find("stsc"), chunks.length).entries()) {
    let offset = chunks[chunk] ?? 0;
    for (let n = 0; n < samples && spans.length < sizes.length; n += 1) {
      const at = spans.length;
      const sizeBytes = sizes[at] ?? 0;
      const [startTicks, endTicks] = [ticks[at], ticks[at + 1]];
      if (startTicks === undefined || endTicks === undefined) return spans;
      spans.push({ offset, sizeBytes, startTicks, endTicks });
      offset += sizeBytes;
    }
  }
  return spans;
}

/** Values for samples of fragments that do not state their own (`trex`, 8.8.3). */
export interface FragmentDefaults {
  durationTicks: number;
  sizeBytes: number;
}

export function fragmentDefaults(moov: Uint8Array, trackId: number): FragmentDefaults {
  for (const box of within(moov, ["moov", "mvex", "trex"])) {
    const fields = new BoxFields(moov, box);
    fields.skip(4);
    if (fields.u32() !== trackId) continue;
    fields.skip(4);
    return { durationTicks: fields.u32(), sizeBytes: fields.u32() };
  }
  return { durationTicks: 0, sizeBytes: 0 };
}

/**
 * The samples of a track in one fragment.
 * @param moof the box with its header
 * @param moofAt offset of the box in the file
 * @param startTicks decode time of the first sample, for fragments that do not state it (`tfdt`)
 */
export function fragmentSpans(
  moof: Uint8Array,
  moofAt: number,
  trackId: number,
  { defaults, startTicks }: { defaults: FragmentDefaults; startTicks: number },
): SampleSpan[] {
  const spans: SampleSpan[] = [];
  let ticks = startTicks;
  for (const traf of within(moof, ["moof", "traf"])) {
    const boxes = childrenOf(moof, traf);
    const tfhd = boxes.find(({ type }) => type === "tfhd");
    const header = tfhd && readFragmentHeader(moof, tfhd, moofAt, defaults);
    if (header?.trackId !== trackId) continue;
    const tfdt = boxes.find(({ type }) => type === "tfdt");
    if (tfdt !== undefined) ticks = readDecodeTime(moof, tfdt);
    let offset = header.baseOffset;
    for (const trun of boxes.filter(({ type }) => type === "trun")) {
      const run = readRun(moof, trun, header);
      if (run.dataOffset !== null) offset = header.baseOffset + run.dataOffset;
      for (const { durationTicks, sizeBytes } of run.samples) {
        spans.push({ offset, sizeBytes, startTicks: ticks, endTicks: ticks + durationTicks });
        offset += sizeBytes;
        ticks += durationTicks;
      }
    }
  }
  return spans;
}

interface FragmentHeader extends FragmentDefaults {
  trackId: number;
  baseOffset: number;
}

/** 8.8.7; where the fragment states no base offset, offsets count from its `moof`. */
function readFragmentHeader(
  moof: Uint8Array,
  tfhd: Box,
  moofAt: number,
  defaults: FragmentDefaults,
): FragmentHeader {
  const fields = new BoxFields(moof, tfhd);
  const { flags } = fields.versionAndFlags();
  const trackId = fields.u32();
  const baseOffset = (flags & 0x1) === 0 ? moofAt : fields.u64();
  if ((flags & 0x2) !== 0) fields.skip(4);
  const durationTicks = (flags & 0x8) === 0 ? defaults.durationTicks : fields.u32();
  const sizeBytes = (flags & 0x10) === 0 ? defaults.sizeBytes : fields.u32();
  return { trackId, baseOffset, durationTicks, sizeBytes };
}

/** 8.8.12 */
function readDecodeTime(moof: Uint8Array, tfdt: Box): number {
  const fields = new BoxFields(moof, tfdt);
  return fields.versionAndFlags().version === 1 ? fields.u64() : fields.u32();
}

/** 8.8.8 */
function readRun(
  moof: Uint8Array,
  trun: Box,
  defaults: FragmentDefaults,
): { dataOffset: number | null; samples: FragmentDefaults[] } {
  const fields = new BoxFields(moof, trun);
  const { flags } = fields.versionAndFlags();
  const count = fields.u32();
  const dataOffset = (flags & 0x1) === 0 ? null : fields.i32();
  if ((flags & 0x4) !== 0) fields.skip(4);
  const samples: FragmentDefaults[] = [];
  for (let n = 0; n < Math.min(count, MOST_SAMPLES); n += 1) {
    const durationTicks = (flags & 0x100) === 0 ? defaults.durationTicks : fields.u32();
    const sizeBytes = (flags & 0x200) === 0 ? defaults.sizeBytes : fields.u32();
    if ((flags & 0x400) !== 0) fields.skip(4);
    if ((flags & 0x800) !== 0) fields.skip(4);
    samples.push({ durationTicks, sizeBytes });
  }
  return { dataOffset, samples };
}

function tableOf(moov: Uint8Array, trackId: number): Box[] | undefined {
  for (const trak of within(moov, ["moov", "trak"])) {
    const tkhd = childrenOf(moov, trak).find(({ type }) => type === "tkhd");
    if (tkhd === undefined || trackIdOf(moov, tkhd) !== trackId) continue;
    const [stbl] = inside(moov, [trak], ["mdia", "minf", "stbl"]);
    return stbl && childrenOf(moov, stbl);
  }
  return undefined;
}

function trackIdOf(moov: Uint8Array, tkhd: Box): number {
  const fields = new BoxFields(moov, tkhd);
  fields.skip(fields.versionAndFlags().version === 1 ? 16 : 8);
  return fields.u32();
}

/** 8.7.3.2 */
function readSizes(moov: Uint8Array, stsz: Box | undefined): number[] {
  if (stsz === undefined) return [];
  const fields = new BoxFields(moov, stsz);
  fields.skip(4);
  const each = fields.u32();
  const count = Math.min(fields.u32(), MOST_SAMPLES);
  if (each !== 0) return Array.from({ length: count }, () => each);
  return Array.from({ length: Math.min(count, Math.floor(fields.left / 4)) }, () => fields.u32());
}

/** 8.7.5 */
function readChunkOffsets(moov: Uint8Array, stco?: Box, co64?: Box): number[] {
  const box = stco ?? co64;
  if (box === undefined) return [];
  const fields = new BoxFields(moov, box);
  fields.skip(4);
  const size = stco === undefined ? 8 : 4;
  const count = Math.min(fields.u32(), Math.floor(fields.left / size), MOST_SAMPLES);
  return Array.from({ length: count }, () => (size === 8 ? fields.u64() : fields.u32()));
}

/** 8.7.4: how many samples each chunk has. */
function samplesByChunk(moov: Uint8Array, stsc: Box | undefined, chunks: number): number[] {
  if (stsc === undefined) return [];
  const fields = new BoxFields(moov, stsc);
  fields.skip(4);
  const count = Math.min(fields.u32(), Math.floor(fields.left / 12));
  const runs = Array.from({ length: count }, () => {
    const [firstChunk, samples] = [fields.u32() - 1, fields.u32()];
    fields.skip(4);
    return { firstChunk, samples };
  });
  return Array.from({ length: chunks }, (_, chunk) => {
    return runs.findLast(({ firstChunk }) => firstChunk <= chunk)?.samples ?? 0;
  });
}

function within(bytes: Uint8Array, [first, ...path]: readonly string[]): Box[] {
  const top = scanBoxes(bytes, 0, bytes.length).boxes.filter(({ type }) => type === first);
  return inside(bytes, top, path);
}

function inside(bytes: Uint8Array, boxes: readonly Box[], path: readonly string[]): Box[] {
  return path.reduce<Box[]>(
    (parents, type) =>
      parents.flatMap((box) => childrenOf(bytes, box).filter((each) => each.type === type)),
    [...boxes],
  );
}

function childrenOf(bytes: Uint8Array, { bodyStart, end }: Box): Box[] {
  return scanBoxes(bytes, bodyStart, end).boxes;
}
