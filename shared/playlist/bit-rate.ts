/** A part of a media playlist: a segment, or a key frame with the time until the next one. */
export interface Stretch {
  seconds: number;
  sizeBytes: number;
}

/** Bits a second, whole numbers. */
export interface BitRate {
  peak: number;
  average: number;
}

/** A playlist may state a duration that is shorter by up to this much. Readers then measure a higher bit rate. */
const EXTINF_ROUNDING_SECONDS = 1e-6;

/**
 * Measured bit rate of a media playlist. The peak is the largest rate of any run of consecutive
 * segments that lasts between 0.5 and 1.5 target durations (RFC 8216, 4.1 "peak segment bit rate");
 * where no run is that long, the average.
 * @returns null when there is nothing to measure
 */
export function measureBitRate(
  stretches: readonly Stretch[],
  targetSeconds: number,
): BitRate | null {
  const total = sum(stretches);
  if (total.seconds <= 0) return null;
  let peak = 0;
  for (let first = 0; first < stretches.length; first += 1) {
    let seconds = 0;
    let sizeBytes = 0;
    for (let next = first; next < stretches.length; next += 1) {
      const stretch = stretches[next];
      if (stretch === undefined) break;
      seconds += stretch.seconds;
      sizeBytes += stretch.sizeBytes;
      if (seconds > 1.5 * targetSeconds + ROUNDING_SECONDS) break;
      if (seconds >= 0.5 * targetSeconds - ROUNDING_SECONDS) {
        peak = Math.max(peak, rateAsWritten({ seconds, sizeBytes }));
      }
    }
  }
  const average = Math.round((total.sizeBytes * 8) / total.seconds);
  return { peak: Math.ceil(peak === 0 ? rateAsWritten(total) : peak), average };
}

function rateAsWritten({ seconds, sizeBytes }: Stretch): number {
  return (sizeBytes * 8) / Math.max(EXTINF_ROUNDING_SECONDS, seconds - EXTINF_ROUNDING_SECONDS);
}

/** Tolerance for comparing durations: a run that lasts exactly as long as a limit counts as within it. */
const ROUNDING_SECONDS = 1e-5;

function sum(stretches: readonly Stretch[]): Stretch {
  return {
    seconds: stretches.reduce((total, { seconds }) => total + seconds, 0),
    sizeBytes: stretches.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}
