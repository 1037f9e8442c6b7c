import type { AudioRendition } from "../job/job.ts";
import { LOG, LOG_FRAMES, LOG_PROBLEMS, localInput } from "./ffmpeg-args.ts";

/** A sound task as ffmpeg's arguments; see `ffmpeg-args.ts`. */

/**
 * A third of the default's time, and better from 64 kbit/s on (ffmpeg-codecs(1), "aac"; the rates of
 * `plan/audio.ts` are not below that).
 */
export const AAC_CODER = "fast";

const LAYOUTS: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1" };

/**
 * Sound of a chunk as interleaved 32-bit floats at its own rate; a log line tells of each decoded frame
 * (`audio-run.ts` reads them and puts the samples in their places).
 */
export function decodeAudioArgs(
  rendition: AudioRendition,
  input: string,
  output: string,
): string[] {
  const layout = LAYOUTS[rendition.channels] ?? "stereo";
  return [
    ...LOG,
    LOG_FRAMES,
    // No `-nostats`: ffmpeg keeps it in a global, and no later task of the instance would report progress.
    "-copyts",
    ...localInput("mov", input),
    "-map",
    "0:a:0",
    "-af",
    `ashowinfo,aformat=sample_fmts=flt:channel_layouts=${layout}`,
    "-f",
    "f32le",
    output,
  ];
}

export interface PcmInput {
  file: string;
  sampleRate: number;
  /** Samples at the rendition's rate to drop before the first AAC frame. */
  skipSamples: number;
}

/** AAC-LC in ADTS frames; the first one primes the encoder and is not part of the sound. */
export function encodeAudioArgs(
  rendition: AudioRendition,
  pcm: PcmInput,
  output: string,
): string[] {
  const { sampleRate, channels, bitsPerSecond } = rendition;
  const filters = [
    ...(pcm.sampleRate === sampleRate ? [] : [`aresample=${sampleRate}`]),
    ...(pcm.skipSamples === 0 ? [] : [`atrim=start_sample=${pcm.skipSamples}`, "asetpts=N/SR/TB"]),
  ];
  return [
    ...LOG,
    LOG_PROBLEMS,
    ...localInput("f32le", pcm.file, ["-ar", String(pcm.sampleRate), "-ac", String(channels)]),
    ...(filters.length > 0 ? ["-af", filters.join(",")] : []),
    "-c:a",
    "aac",
    "-aac_coder",
    AAC_CODER,
    "-b:a",
    String(bitsPerSecond),
    // Not bitexact: without its own name in the first frame the encoder has other bits left, and every
    // frame after it would differ from what the same encoder makes of the whole track.
    "-f",
    "adts",
    output,
  ];
}
