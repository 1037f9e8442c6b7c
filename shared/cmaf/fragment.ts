/** Movie fragments (ISO/IEC 14496-12, 8.8): one moof with one track run, and its mdat. */

export interface Sample {
  durationTicks: number;
  sizeBytes: number;
  /** Presentation time minus decode time; may be negative (version 1 of `trun`). */
  compositionOffsetTicks: number;
  isSync: boolean;
}

/** Sample flags (8.8.3.1): a sync sample depends on no other sample; the others do. */
export const SYNC_FLAGS = 0x0200_0000;
export const NON_SYNC_FLAGS = 0x0101_0000;
export const IS_NON_SYNC = 0x0001_0000;

export const TFHD = {
  baseDataOffset: 0x1,
  entryIndex: 0x2,
  duration: 0x8,
  size: 0x10,
  flags: 0x20,
  emptyDuration: 0x1_0000,
};
export const DEFAULT_BASE_IS_MOOF = 0x2_0000;
export const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  offset: 0x800,
};
