import { type Box, BoxFields, invalid, only, readBoxes, readChildren } from "../isobmff/box.ts";
import { DEFAULT_BASE_IS_MOOF, IS_NON_SYNC, type Sample, TFHD, TRUN } from "./fragment.ts";

export interface ReadFragment {
  /** Offset of the moof. */
  offsetBytes: number;
  /** moof and mdat. */
  sizeBytes: number;
  sequence: number;
  trackId: number;
  baseDecodeTicks: number;
  samples: Sample[];
  /** Where the first sample's bytes lie; the others follow without a gap. */
  dataOffset: number;
}

/** Values for samples of a fragment that gives none itself (`trex`). */
export interface SampleDefaults {
  durationTicks: number;
  sizeBytes: number;
  flags: number;
}

const NO_DEFAULTS: SampleDefaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };

/**
 * Reads the fragments that fill the bytes: moof and mdat in turn, nothing else (CMAF chunks without styp).
 * @param maxSamples of all fragments together; more are an error
 * @throws TributaryError OUTPUT_INVALID
 */
export function readFragments(
  bytes: Uint8Array,
  maxSamples: number,
  defaults = NO_DEFAULTS,
): ReadFragment[] {
  const boxes = readBoxes(bytes);
  const fragments: ReadFragment[] = [];
  let samplesLeft = maxSamples;
  for (let at = 0; at < boxes.length; at += 2) {
    const [moof, mdat] = [boxes[at], boxes[at + 1]];
    if (moof?.type !== "moof" || mdat?.type !== "mdat")
      throw invalid("Not a row of moof and mdat boxes.");
    const fragment = readFragment(bytes, moof, mdat, samplesLeft, defaults);
    samplesLeft -= fragment.samples.length;
    fragments.push(fragment);
  }
  return fragments;
}

function readFragment(
  bytes: Uint8Array,
  moof: Box,
  mdat: Box,
  maxSamples: number,
  defaults: SampleDefaults,
): ReadFragment {
  const children = readChildren(bytes, moof);
  const mfhd = new BoxFields(bytes, only(children, "mfhd"));
  mfhd.skip(4);
  const traf = readChildren(bytes, only(children, "traf"));

  const tfhd = new BoxFields(bytes, only(traf, "tfhd"));
  const { flags } = tfhd.versionAndFlags();
  const trackId = tfhd.u32();
  if (
    (flags & (TFHD.baseDataOffset | TFHD.emptyDuration)) !== 0 ||
    (flags & DEFAULT_BASE_IS_MOOF) === 0
  ) {
    throw invalid("Sample offsets do not count from the moof.");
  }
  if (flags & TFHD.entryIndex) tfhd.skip(4);
  const inherited: SampleDefaults = {
    durationTicks: flags & TFHD.duration ? tfhd.u32() : defaults.durationTicks,
    sizeBytes: flags & TFHD.size ? tfhd.u32() : defaults.sizeBytes,
    flags: flags & TFHD.flags ? tfhd.u32() : defaults.flags,
  };

  const tfdt = new BoxFields(bytes, only(traf, "tfdt"));
  const baseDecodeTicks = tfdt.versionAndFlags().version === 1 ? tfdt.u64() : tfdt.u32();

  const { samples, dataOffset } = readTrackRun(
    new BoxFields(bytes, only(traf, "trun")),
    inherited,
    maxSamples,
  );
  const dataBytes = samples.reduce((total, sample) => total + sample.sizeBytes, 0);
  if (moof.start + dataOffset !== mdat.bodyStart || dataBytes !== mdat.end - mdat.bodyStart) {
    throw invalid("The samples do not fill their mdat.");
  }
  return {
    offsetBytes: moof.start,
    sizeBytes: mdat.end - moof.start,
    sequence: mfhd.u32(),
    trackId,
    baseDecodeTicks,
    samples,
    dataOffset: mdat.bodyStart,
  };
}

function readTrackRun(
  trun: BoxFields,
  inherited: SampleDefaults,
  maxSamples: number,
): { samples: Sample[]; dataOffset: number } {
  const { version, flags } = trun.versionAndFlags();
  const count = trun.u32();
  if (count > maxSamples)
    throw invalid(`A fragment claims ${count} samples, ${maxSamples} are left.`);
  if ((flags & TRUN.dataOffset) === 0) throw invalid("A track run names no data offset.");
  const dataOffset = trun.i32();
  const firstFlags = flags & TRUN.firstFlags ? trun.u32() : null;
  const samples: Sample[] = [];
  for (let index = 0; index < count; index++) {
    const durationTicks = flags & TRUN.duration ? trun.u32() : inherited.durationTicks;
    const sizeBytes = flags & TRUN.size ? trun.u32() : inherited.sizeBytes;
    const own = flags & TRUN.flags ? trun.u32() : inherited.flags;
    const sampleFlags = index === 0 && firstFlags !== null ? firstFlags : own;
    const unsigned = flags & TRUN.offset && version === 0;
    const compositionOffsetTicks = unsigned ? trun.u32() : flags & TRUN.offset ? trun.i32() : 0;
    samples.push({
      durationTicks,
      sizeBytes,
      compositionOffsetTicks,
      isSync: (sampleFlags & IS_NON_SYNC) === 0,
    });
  }
  if (trun.left !== 0) throw invalid("A track run is longer than its samples.");
  return { samples, dataOffset };
}
