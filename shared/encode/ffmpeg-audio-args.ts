import type { AudioRendition } from "../job/job.ts";
import { LOG, LOG_FRAMES, LOG_PROBLEMS, localInput } from "./ffmpeg-args.ts";

/** An audio task as ffmpeg's arguments; see `ffmpeg-args.ts`. */

/**
 * Takes a third of the default coder's time, and is better from 64 kbit/s on (ffmpeg-codecs(1), "aac"). The
 * rates of `plan/audio.ts` are not below that.
 */
export const AAC_CODER = "fast";

const LAYOUTS: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1" };

/**
 * Decodes a chunk's audio to interleaved 32-bit floats at its own sample rate. ffmpeg logs a line for each
 * decoded frame; `audio-run.ts` reads these and puts the samples in their places.
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
    // No `-nostats`: ffmpeg keeps it in a global, so later tasks of the instance would not report progress.
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

/** Encodes to AAC-LC in ADTS frames; the first frame is priming and not part of the audio. */
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
    // Not bitexact: that leaves the encoder's name out of the first frame, which changes the bits that are
    // left. Every later frame would differ from what the same encoder makes of the whole track.
    "-f",
    "adts",
    output,
  ];
}
