import {
  type Box,
  BoxFields,
  box,
  concat,
  fullBox,
  invalid,
  only,
  readBoxes,
  readChildren,
  u32,
  u64,
} from "../isobmff/box.ts";
import { TRACK_ID } from "./init.ts";

/** Movie fragments (ISO/IEC 14496-12, 8.8): one moof with one track run, and its mdat. */

export interface Sample {
  durationTicks: number;
  sizeBytes: number;
  /** Presentation time minus decode time; may be negative (version 1 of `trun`). */
  compositionOffsetTicks: number;
  isSync: boolean;
}

export interface ReadFragment {
  /** Of the moof. */
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

/** Sample flags (8.8.3.1): depends on no other sample; depends on others and is no sync sample. */
const SYNC_FLAGS = 0x0200_0000;
const NON_SYNC_FLAGS = 0x0101_0000;
const IS_NON_SYNC = 0x0001_0000;

const TFHD = {
  baseDataOffset: 0x1,
  entryIndex: 0x2,
  duration: 0x8,
  size: 0x10,
  flags: 0x20,
  emptyDuration: 0x1_0000,
};
const DEFAULT_BASE_IS_MOOF = 0x2_0000;
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  offset: 0x800,
};

export interface FragmentToWrite {
  sequence: number;
  baseDecodeTicks: number;
  /** The first is a sync sample. */
  samples: readonly (Sample & { data: Uint8Array })[];
}

export function writeFragment({
  sequence,
  baseDecodeTicks,
  samples,
}: FragmentToWrite): Uint8Array<ArrayBuffer> {
  const [first] = samples;
  if (first === undefined) throw invalid("A fragment needs a sample.");
  const allSync = samples.every((sample) => sample.isSync);
  const firstSyncOnly = samples.every((sample, index) => sample.isSync === (index === 0));
  const ownFlags = !allSync && !firstSyncOnly;
  const oneDuration = samples.every((sample) => sample.durationTicks === first.durationTicks);
  const anyOffset = samples.some((sample) => sample.compositionOffsetTicks !== 0);
  const tfhd = fullBox(
    "tfhd",
    0,
    DEFAULT_BASE_IS_MOOF | TFHD.flags | (oneDuration ? TFHD.duration : 0),
    u32(TRACK_ID),
    oneDuration ? u32(first.durationTicks) : [],
    u32(allSync ? SYNC_FLAGS : NON_SYNC_FLAGS),
  );
  const tfdt = fullBox("tfdt", 1, 0, u64(baseDecodeTicks));
  const mfhd = fullBox("mfhd", 0, 0, u32(sequence));
  const trunFlags =
    TRUN.dataOffset |
    (allSync || ownFlags ? 0 : TRUN.firstFlags) |
    (oneDuration ? 0 : TRUN.duration) |
    TRUN.size |
    (ownFlags ? TRUN.flags : 0) |
    (anyOffset ? TRUN.offset : 0);
  const entries = samples.flatMap((sample) => [
    ...(oneDuration ? [] : u32(sample.durationTicks)),
    ...u32(sample.sizeBytes),
    ...(ownFlags ? u32(sample.isSync ? SYNC_FLAGS : NON_SYNC_FLAGS) : []),
    ...(anyOffset ? u32(sample.compositionOffsetTicks) : []),
  ]);
  const moofOf = (dataOffset: number): Uint8Array =>
    box(
      "moof",
      mfhd,
      box(
        "traf",
        tfhd,
        tfdt,
        fullBox(
          "trun",
          1,
          trunFlags,
          u32(samples.length),
          u32(dataOffset),
          allSync || ownFlags ? [] : u32(SYNC_FLAGS),
          entries,
        ),
      ),
    );
  const moof = moofOf(moofOf(0).length + 8);
  return concat([moof, box("mdat", ...samples.map((sample) => sample.data))]);
}

/** What samples inherit where a fragment is silent (`trex`). */
export interface SampleDefaults {
  durationTicks: number;
  sizeBytes: number;
  flags: number;
}

const NO_DEFAULTS: SampleDefaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };

/**
 * The fragments that fill the bytes: moof and mdat in turn, nothing else (CMAF chunks without styp).
 * @param maxSamples in all; more throw, whatever the boxes claim
 * Throws OUTPUT_INVALID.
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
