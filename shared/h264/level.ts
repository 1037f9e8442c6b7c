/** MaxMBPS, MaxFS, MaxDpbMbs and MaxBR (kbit/s, Baseline) of each level: ITU-T H.264, table A-1. */
const H264_LEVELS: readonly [level: number, mbps: number, fs: number, dpb: number, br: number][] = [
  [10, 1485, 99, 396, 64],
  [11, 3000, 396, 900, 192],
  [12, 6000, 396, 2376, 384],
  [13, 11880, 396, 2376, 768],
  [20, 11880, 396, 2376, 2000],
  [21, 19800, 792, 4752, 4000],
  [22, 20250, 1620, 8100, 4000],
  [30, 40500, 1620, 8100, 10000],
  [31, 108000, 3600, 18000, 14000],
  [32, 216000, 5120, 20480, 20000],
  [40, 245760, 8192, 32768, 20000],
  [41, 245760, 8192, 32768, 50000],
  [42, 522240, 8704, 34816, 50000],
  [50, 589824, 22080, 110400, 135000],
  [51, 983040, 36864, 184320, 240000],
  [52, 2073600, 36864, 184320, 240000],
  [60, 4177920, 139264, 696320, 240000],
  [61, 8355840, 139264, 696320, 480000],
  [62, 16711680, 139264, 696320, 800000],
];

/** Lowest level (times ten) that allows High profile at this size, frame rate and bit rate with 4 references. */
export function h264Level(
  width: number,
  height: number,
  frameRate: number,
  bitsPerSecond: number,
): number {
  const columns = Math.ceil(width / 16);
  const rows = Math.ceil(height / 16);
  const size = columns * rows;
  // High profile may use 1.25 times MaxBR; peaks go to 1.5 times the mean.
  const peakKilobits = (bitsPerSecond * 1.5) / 1000 / 1.25;
  // Measured frame rates can be a hair above the nominal ones (30.0005), which must not cost a level.
  const perSecond = size * frameRate * 0.995;
  const fits = H264_LEVELS.find(
    ([, mbps, fs, dpb, br]) =>
      perSecond <= mbps &&
      size <= fs &&
      Math.max(columns, rows) <= Math.sqrt(8 * fs) &&
      size * 4 <= dpb &&
      peakKilobits <= br,
  );
  return fits?.[0] ?? 62;
}

/** Whether a level allows pictures of this size, by MaxFS and by the limit for each side (ITU-T H.264, A.3.1). */
export function holdsPicture(
  level: number,
  { width, height }: { width: number; height: number },
): boolean {
  const columns = Math.ceil(width / 16);
  const rows = Math.ceil(height / 16);
  const fs = H264_LEVELS.find(([known]) => known === level)?.[2] ?? 0;
  return columns * rows <= fs && Math.max(columns, rows) <= Math.sqrt(8 * fs);
}
