/**
 * Changes the loudness of audio: one gain for a whole track, and a limiter for peaks above
 * `LOUDNESS_TARGET.peakDbtp`. All engines run this code, and nothing in it depends on the platform (no powers,
 * no cosines), so the same samples give the same bytes. A sample's gain depends on the samples within about
 * twice WINDOW_SECONDS around it, which is less than runs of audio overlap.
 */

/** -1.5 dBTP. */
const CEILING = 0.841395;
/** How far the limiter looks to each side for the least gain, and again as far when it smooths the gains. */
const WINDOW_SECONDS = 0.012;

/**
 * Filters for four points between each two samples (ITU-R BS.1770-4, annex 2: 48 taps in four phases). The
 * third and fourth mirror the second and first.
 */
const PHASES: readonly (readonly number[])[] = [
  [
    0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875,
    0.1373291015625, 0.97216796875, -0.102294921875, 0.047607421875, -0.026611328125,
    0.014892578125, -0.00830078125,
  ],
  [
    -0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625, 0.465087890625,
    0.77978515625, -0.2003173828125, 0.1015625, -0.0582275390625, 0.0330810546875, -0.0189208984375,
  ],
  [
    -0.0189208984375, 0.0330810546875, -0.0582275390625, 0.1015625, -0.2003173828125, 0.77978515625,
    0.465087890625, -0.16650390625, 0.089111328125, -0.0517578125, 0.029296875, -0.0291748046875,
  ],
  [
    -0.00830078125, 0.014892578125, -0.026611328125, 0.047607421875, -0.102294921875, 0.97216796875,
    0.1373291015625, -0.0594482421875, 0.033203125, -0.0196533203125, 0.010986328125,
    0.001708984375,
  ],
];
const TAPS = 12;
/**
 * A point between two samples is hardly ever more than twice as high as they are. Between samples below this
 * level, no points are computed.
 */
const NEAR = CEILING / 2;

/**
 * Changes samples in place.
 * @param samples interleaved
 * @param gain linear
 */
export function changeLoudness(
  samples: Float32Array,
  channels: number,
  sampleRate: number,
  gain: number,
): void {
  for (let at = 0; at < samples.length; at += 1) samples[at] = (samples[at] ?? 0) * gain;
  const needed = neededGains(samples, channels);
  if (needed === null) return;
  const gains = smoothed(needed, Math.ceil(WINDOW_SECONDS * sampleRate));
  for (let frame = 0; frame < gains.length; frame += 1) {
    const factor = gains[frame] ?? 1;
    if (factor === 1) continue;
    for (let channel = 0; channel < channels; channel += 1) {
      const at = frame * channels + channel;
      samples[at] = (samples[at] ?? 0) * factor;
    }
  }
}

/** The gain that each frame (one sample of each channel) and the points next to it need; null: all stay at 1. */
function neededGains(samples: Float32Array, channels: number): Float64Array | null {
  const frames = Math.floor(samples.length / channels);
  let needed: Float64Array | null = null;
  const limit = (frame: number, peak: number): void => {
    if (peak <= CEILING || frame < 0 || frame >= frames) return;
    needed ??= new Float64Array(frames).fill(1);
    needed[frame] = Math.min(needed[frame] ?? 1, CEILING / peak);
  };
  for (let channel = 0; channel < channels; channel += 1) {
    let level = 0;
    for (let left = -1; left < frames; left += 1) {
      const before = level;
      level = left + 1 < frames ? Math.abs(samples[(left + 1) * channels + channel] ?? 0) : 0;
      if (before < NEAR && level < NEAR) continue;
      limit(left + 1, level);
      // Points between a sample and the next.
      for (const phase of PHASES) {
        let sum = 0;
        for (let tap = 0; tap < TAPS; tap += 1) {
          const at = left - TAPS / 2 + 1 + tap;
          if (at < 0 || at >= frames) continue;
          sum += (phase[TAPS - 1 - tap] ?? 0) * (samples[at * channels + channel] ?? 0);
        }
        limit(left, Math.abs(sum));
        limit(left + 1, Math.abs(sum));
      }
    }
  }
  return needed;
}

/**
 * The least gain in reach, then two running means that together have the same reach: so no gain is higher than
 * the one needed.
 */
function smoothed(needed: Float64Array, window: number): Float64Array {
  const half = Math.max(1, Math.floor(window / 2));
  return runningMean(runningMean(runningLeast(needed, 2 * half), half), half);
}

function runningLeast(values: Float64Array, reach: number): Float64Array {
  const least = new Float64Array(values.length);
  const queue = new Int32Array(values.length);
  let [first, end] = [0, 0];
  for (let at = 0; at < values.length + reach; at += 1) {
    if (at < values.length) {
      const value = values[at] ?? 1;
      while (end > first && (values[queue[end - 1] ?? 0] ?? 1) >= value) end -= 1;
      queue[end] = at;
      end += 1;
    }
    const centre = at - reach;
    if (centre < 0) continue;
    while ((queue[first] ?? 0) < centre - reach) first += 1;
    least[centre] = values[queue[first] ?? 0] ?? 1;
  }
  return least;
}

/** Means over 2 x reach + 1 values; beyond the ends, gains count as 1. */
function runningMean(values: Float64Array, reach: number): Float64Array {
  const count = values.length;
  const sums = new Float64Array(count + 1);
  for (let at = 0; at < count; at += 1) sums[at + 1] = (sums[at] ?? 0) + (1 - (values[at] ?? 1));
  const width = 2 * reach + 1;
  return values.map((_, at) => {
    const from = sums[Math.max(0, at - reach)] ?? 0;
    const to = sums[Math.min(count, at + reach + 1)] ?? 0;
    // The mean is of the reduction, so that rounding leaves exactly 1 where nothing is reduced.
    return to - from < 1e-12 ? 1 : 1 - (to - from) / width;
  });
}
