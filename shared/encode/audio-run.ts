import { TributaryError } from "../job/errors.ts";
import {
  AAC_FRAME_SAMPLES,
  type AudioFacts,
  type AudioRendition,
  audioFrameAt,
  type Segment,
  type SourceFacts,
  segmentDurationTicks,
  TICKS_PER_SECOND,
} from "../job/job.ts";

/**
 * Where decoded audio belongs. All runs of a rendition lie on one grid: sample 0 is the timeline's
 * zero, AAC frame k holds the samples from 1,024 k on. Runs decode and encode independently, so a
 * run's encoder starts some frames early and ends some late, and these extra frames are dropped.
 */

/** Frames that FFmpeg's AAC encoder puts out first, in every build and format; they hold nothing of its input. */
export const PRIMING_FRAMES = 1;
/** Frames encoded before those that are kept, so that the encoder's state is near that of a running one. */
const PRE_ROLL_FRAMES = 4;
/** A run that begins this early is encoded from the timeline's start, and so gets the bits of a single pass. */
const FULL_PRE_ROLL_SECONDS = 12;
/** Frames encoded after those that are kept: the last kept frame needs the samples that follow it. */
const POST_ROLL_FRAMES = 2;

/** A decoded frame that starts this near to the end of the one before it follows it; the rest is rounding. */
const CONTIGUOUS_SECONDS = 0.001;

/** One frame that the decoder put out, in samples at the decoder's rate. */
export interface DecodedFrame {
  /** On the chunk's clock. */
  startSample: number;
  samples: number;
}

export interface DecodedAudio {
  sampleRate: number;
  frames: DecodedFrame[];
}

/** The range that one run encodes, and the part of it that is kept. */
export interface AudioRun {
  /** First sample to encode, and the end of the last; at the rendition's rate, on the timeline. */
  startSample: number;
  endSample: number;
  /** First AAC frame that is kept, on the rendition's grid. */
  firstFrame: number;
  /** Kept AAC frames of each segment. */
  framesPerSegment: number[];
  /** AAC frames that are encoded before the kept ones and dropped; an encoder's priming frames come on top. */
  preRollFrames: number;
}

/** The AAC frames that a run's encoder makes, kept or not, on the rendition's grid; `end` is exclusive. */
export function encodedFrames(
  { firstFrame, endFrame }: { firstFrame: number; endFrame: number },
  sampleRate: number,
): { start: number; end: number } {
  const isEarly = firstFrame * AAC_FRAME_SAMPLES <= FULL_PRE_ROLL_SECONDS * sampleRate;
  const start = isEarly ? 0 : firstFrame - PRE_ROLL_FRAMES;
  return { start, end: endFrame + POST_ROLL_FRAMES };
}

/**
 * Plans which AAC frames (1,024 samples) a run of segments gets.
 * @param sampleRate of the rendition, in Hz
 */
export function planAudioRun(segments: readonly Segment[], sampleRate: number): AudioRun {
  const firstFrame = audioFrameAt(segments[0]?.startTicks ?? 0, sampleRate);
  let frame = firstFrame;
  const framesPerSegment = segments.map((segment) => {
    const endFrame = audioFrameAt(segment.startTicks + segmentDurationTicks(segment), sampleRate);
    const frames = endFrame - frame;
    frame = endFrame;
    return frames;
  });
  const { start, end } = encodedFrames({ firstFrame, endFrame: frame }, sampleRate);
  return {
    startSample: start * AAC_FRAME_SAMPLES,
    endSample: end * AAC_FRAME_SAMPLES,
    firstFrame,
    framesPerSegment,
    preRollFrames: firstFrame - start,
  };
}

/** Samples to pass to the encoder, at the source's rate. */
export interface PcmWindow {
  /** On the timeline. */
  startSample: number;
  samples: number;
  /** After resampling, samples at the rendition's rate to drop before the run's first. */
  skipSamples: number;
}

/**
 * Where resampling is needed the window starts on a whole second: that is a whole sample at both
 * rates, so that the resampler has the same phase in every run.
 */
export function planPcmWindow(run: AudioRun, sampleRate: number, sourceRate: number): PcmWindow {
  if (sampleRate === sourceRate) {
    return {
      startSample: run.startSample,
      samples: run.endSample - run.startSample,
      skipSamples: 0,
    };
  }
  const startSeconds = Math.floor(run.startSample / sampleRate);
  const startSample = startSeconds * sourceRate;
  return {
    startSample,
    samples: Math.ceil((run.endSample * sourceRate) / sampleRate) - startSample,
    skipSamples: run.startSample - startSeconds * sampleRate,
  };
}

/**
 * The window's samples, interleaved: decoded ones at their times, silence elsewhere.
 * @param pcm interleaved, the decoded frames one after the other
 * @param baseTicks timeline time of the chunk's time 0
 * @param heard ranges that an edit list makes audible; default: everything
 */
export function placeAudio(
  pcm: Float32Array,
  decoded: DecodedAudio,
  baseTicks: number,
  window: PcmWindow,
  channels: number,
  heard?: AudioFacts["heard"],
): Float32Array<ArrayBuffer> {
  const placed = new Float32Array(window.samples * channels);
  const baseSamples = (baseTicks * decoded.sampleRate) / TICKS_PER_SECOND;
  const tolerance = CONTIGUOUS_SECONDS * decoded.sampleRate;
  let expected = Number.NEGATIVE_INFINITY;
  let read = 0;
  for (const frame of decoded.frames) {
    const said = frame.startSample + baseSamples;
    const at = Math.abs(said - expected) <= tolerance ? expected : Math.round(said);
    const from = Math.max(at, window.startSample);
    const to = Math.min(at + frame.samples, window.startSample + window.samples);
    if (to > from) {
      const source = pcm.subarray((read + from - at) * channels, (read + to - at) * channels);
      placed.set(source, (from - window.startSample) * channels);
    }
    expected = at + frame.samples;
    read += frame.samples;
  }
  if (heard !== undefined) silenceOutside(placed, heard, decoded.sampleRate, window, channels);
  return placed;
}

function silenceOutside(
  placed: Float32Array,
  heard: NonNullable<AudioFacts["heard"]>,
  sampleRate: number,
  { startSample, samples }: PcmWindow,
  channels: number,
): void {
  const toWindow = (ticks: number) => {
    const sample = Math.round((ticks * sampleRate) / TICKS_PER_SECOND) - startSample;
    return Math.min(samples, Math.max(0, sample));
  };
  let silentFrom = 0;
  for (const { startTicks, endTicks } of heard) {
    placed.fill(0, silentFrom * channels, toWindow(startTicks) * channels);
    silentFrom = toWindow(endTicks);
  }
  placed.fill(0, silentFrom * channels);
}

/** The audible ranges of a rendition's track (`AudioFacts.heard`); undefined: all of it. */
export function heardOf(
  source: Pick<SourceFacts, "audio">,
  { track }: Pick<AudioRendition, "track">,
): AudioFacts["heard"] {
  return source.audio.find((one) => one.track === track)?.heard;
}

/**
 * Reads the decoded frames from the lines of ffmpeg's `ashowinfo` filter.
 * @param lines ffmpeg's log; other lines are skipped
 * @throws TributaryError DECODE_FAILED when the sample rate changes inside the chunk
 */
export function parseDecodedFrames(lines: readonly string[]): DecodedAudio {
  const frames: DecodedFrame[] = [];
  let sampleRate = 0;
  for (const line of lines) {
    const match = /\bpts:(-?\d+|NOPTS) .*\brate:(\d+) nb_samples:(\d+)/.exec(line);
    if (match === null) continue;
    const [, pts = "", rate = "", samples = ""] = match;
    if (sampleRate !== 0 && sampleRate !== Number(rate)) {
      throw new TributaryError("DECODE_FAILED", "The sound changes its sample rate.", {
        retryable: false,
      });
    }
    sampleRate = Number(rate);
    const last = frames.at(-1);
    const follows = last === undefined ? 0 : last.startSample + last.samples;
    frames.push({ startSample: pts === "NOPTS" ? follows : Number(pts), samples: Number(samples) });
  }
  return { sampleRate, frames };
}

/**
 * The frames of an ADTS stream without their headers (ISO/IEC 13818-7, 6.2).
 * @throws TributaryError ENCODE_FAILED for anything else
 */
export function readAdtsFrames(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [sync, flags, , high, middle, low] = bytes.subarray(at, at + 6);
    if (sync !== 0xff || flags === undefined || (flags & 0xf6) !== 0xf0 || low === undefined) {
      throw new TributaryError("ENCODE_FAILED", "The encoded sound is malformed.");
    }
    const headerBytes = flags & 1 ? 7 : 9;
    const frameBytes = (((high ?? 0) & 3) << 11) | ((middle ?? 0) << 3) | (low >> 5);
    if (frameBytes <= headerBytes || at + frameBytes > bytes.length) {
      throw new TributaryError("ENCODE_FAILED", "The encoded sound is cut off.");
    }
    frames.push(bytes.subarray(at + headerBytes, at + frameBytes));
    at += frameBytes;
  }
  return frames;
}
