import type { AudioCodec } from "mediabunny";

/**
 * A container's times of audio packets may be rounded (1 ms in Matroska, 1/90,000 s in MPEG-TS) or
 * jitter (mp4 files made by joining others). If runs used these times, each run would lie on a sample grid
 * of its own, and there would be clicks where they meet. So packets are placed by counting samples. The
 * container's times only decide where the count starts, and where it starts anew.
 */

/**
 * A time that is later than the count by more than this is a gap, not jitter. It is libswresample's bound
 * (min_hard_comp), so that our audio lies where every tool based on ffmpeg puts it.
 */
const JITTER_SECONDS = 0.1;

/** A time may be this much earlier than the count before the count starts anew, as in ffmpeg. */
const OVERLAP_SECONDS = 0.3;

/** At most this much audio of one recording is cut off where the next one begins. */
const MOST_GIVEN_UP_SECONDS = 0.3;

/**
 * Times that go back by more than this, between packets that are steady, show that two recordings were joined there.
 * Rounding is 1 ms at most.
 */
const STEP_SECONDS = 0.008;
const STEADY_SECONDS = 0.003;
/** Packets on each side of a step that have to be steady. Times that jitter are steady for a few packets. */
const STEADY_PACKETS = 16;
/** Times that go forward by whole packets, to this precision, show that packets are lost. */
const WHOLE_PACKET_SECONDS = 0.0015;

export interface AudioTiming {
  /** Presentation time of each packet, in seconds on the job's timeline. */
  seconds: ArrayLike<number>;
  durationSeconds: ArrayLike<number>;
  sampleRate: number;
  /** All positions are multiples of this (see {@link gridStep}). */
  step: number;
  /** Samples of each packet where known (Vorbis, FLAC, ...); else from the codec's frame size. */
  packetSampleCounts?: ArrayLike<number> | undefined;
  codec: AudioCodec | null;
  /** Packets that begin at their own time, whatever the count says. */
  joins?: readonly number[];
}

/** First sample of each packet on the timeline, in samples of the source, and after them the end of the last. */
export function audioGrid(timing: AudioTiming): Float64Array {
  const { seconds, sampleRate, step } = timing;
  const count = seconds.length;
  const counts = timing.packetSampleCounts ?? frameSizes(timing);
  const positions = new Float64Array(count + 1);
  const snap = (at: number) => Math.round((at * sampleRate) / step) * step;
  let next = snap(seconds[0] ?? 0);
  const joins = new Set([...(timing.joins ?? []), ...clockSteps(timing, counts)]);
  for (let i = 0; i < count; i++) {
    const said = (seconds[i] ?? 0) * sampleRate;
    // A jump forward leaves a gap. A jump back goes no further than the start of the packet before, except at joins.
    const isGap = said - next > JITTER_SECONDS * sampleRate;
    const isOverlap = next - said > OVERLAP_SECONDS * sampleRate;
    if (joins.has(i) || isGap || isOverlap) {
      // Where two recordings overlap, the second one is heard from its start on.
      const earliest = joins.has(i)
        ? next - MOST_GIVEN_UP_SECONDS * sampleRate
        : (positions[Math.max(0, i - 1)] ?? 0);
      next = Math.max(snap(seconds[i] ?? 0), snap(earliest / sampleRate));
      for (let j = i - 1; j >= 0 && (positions[j] ?? 0) > next; j--) positions[j] = next;
    }
    positions[i] = next;
    // The first Vorbis packet decodes to nothing; the audio begins at the time of the second.
    const silent = i === 0 && counts[0] === 0 && count > 1;
    next = silent ? snap(seconds[1] ?? 0) : next + (counts[i] ?? 0);
  }
  positions[count] = next;
  return positions;
}

/** Audio that is not heard, because the packets after it begin before it has ended. */
export interface AudioOverlap {
  /** The packet that begins too early. */
  packet: number;
  samples: number;
}

/**
 * Overlaps of recordings that were joined. An edit that ends within a packet does not count as one.
 * @param positions of `audioGrid`
 */
export function audioOverlaps(timing: AudioTiming, positions: Float64Array): AudioOverlap[] {
  const counts = timing.packetSampleCounts ?? frameSizes(timing);
  const edits = new Set(timing.joins);
  const overlaps: AudioOverlap[] = [];
  let samples = 0;
  for (let i = 0; i + 1 < positions.length; i++) {
    const over = (positions[i] ?? 0) + (counts[i] ?? 0) - (positions[i + 1] ?? 0);
    if (edits.has(i + 1)) samples = 0;
    else if (over > 0) samples += over;
    else if (samples > 0) {
      overlaps.push({ packet: i, samples });
      samples = 0;
    }
  }
  return overlaps;
}

/**
 * Packets before which recordings were joined or packets are lost. They start at their own time, so that errors of
 * several joints do not add up.
 */
function clockSteps({ seconds, sampleRate }: AudioTiming, counts: ArrayLike<number>): number[] {
  const count = seconds.length;
  const packetSeconds = (i: number) => (counts[i] ?? 0) / sampleRate;
  /** Gap between a packet and the end of the one before it, in seconds; negative where they overlap. */
  const late = (i: number) => (seconds[i] ?? 0) - (seconds[i - 1] ?? 0) - packetSeconds(i - 1);
  const isSteady = (first: number, last: number) => {
    let sum = 0;
    for (let i = Math.max(1, first); i <= Math.min(count - 1, last); i++) {
      sum += late(i);
      if (Math.abs(sum) > STEADY_SECONDS) return false;
    }
    return true;
  };
  const isStep = (i: number) => {
    if (Math.abs(late(i)) <= STEP_SECONDS) return false;
    // Other steps forward are left to the count, as in ffmpeg: nothing says that anything is missing.
    const lost = Math.max(1, Math.round(late(i) / packetSeconds(i - 1)));
    return late(i) < 0 || Math.abs(late(i) - lost * packetSeconds(i - 1)) < WHOLE_PACKET_SECONDS;
  };
  const steps: number[] = [];
  // In many files, the first packets are displaced by an edit list or by priming.
  for (let i = STEADY_PACKETS; i < count; i++) {
    if (!isStep(i)) continue;
    if (isSteady(i - STEADY_PACKETS, i - 1) && isSteady(i + 1, i + STEADY_PACKETS)) steps.push(i);
  }
  return steps;
}

/**
 * Positions are multiples of this many source samples, so that each packet begins on a whole sample
 * of the output too and all runs are resampled in the same phase: 2 for 96 kHz -> 48 kHz.
 */
export function gridStep(sampleRate: number, outputSampleRate: number): number {
  const step = sampleRate / greatestCommonDivisor(sampleRate, outputSampleRate);
  // Odd rates (37,800 Hz): the resampler's phase may differ by less than a sample, which is accepted.
  return step <= 16 ? step : 1;
}

/** Possible samples of a packet, by codec; the usual packet duration decides between several. */
const FRAME_SIZES: Partial<Record<AudioCodec, readonly number[]>> = {
  aac: [1024, 960, 2048, 1920],
  mp3: [1152, 576, 384],
  ac3: [1536],
  eac3: [1536, 768, 512, 256],
  dts: [512, 1024, 2048, 4096],
  opus: [120, 240, 480, 960, 1920, 2880],
};

function frameSizes({ seconds, durationSeconds, sampleRate, codec }: AudioTiming): Float64Array {
  const sizes = new Float64Array(seconds.length);
  const known = codec === null ? undefined : FRAME_SIZES[codec];
  if (known === undefined) {
    for (let i = 0; i < sizes.length; i++)
      sizes[i] = Math.round((durationSeconds[i] ?? 0) * sampleRate);
    return sizes;
  }
  const usual = usualStep(seconds) * sampleRate;
  const size = known.reduce((best, one) =>
    Math.abs(one - usual) < Math.abs(best - usual) ? one : best,
  );
  return sizes.fill(size);
}

/** The mean distance of packets without the gaps: the median would be biased by rounding to 1 ms. */
function usualStep(seconds: ArrayLike<number>): number {
  const steps: number[] = [];
  for (let i = 1; i < Math.min(seconds.length, 2000); i++) {
    const step = (seconds[i] ?? 0) - (seconds[i - 1] ?? 0);
    if (step > 0) steps.push(step);
  }
  steps.sort((a, b) => a - b);
  const median = steps[steps.length >> 1] ?? 0;
  const near = steps.filter((step) => Math.abs(step - median) <= Math.max(0.0011, median * 0.5));
  return near.reduce((sum, step) => sum + step, 0) / Math.max(1, near.length);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
