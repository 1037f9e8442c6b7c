import { AAC_LC_CODEC } from "../cmaf/aac.ts";
import { AAC_FRAME_SAMPLES, type AudioFacts, type AudioRendition } from "../job/job.ts";
import type { AudioRun } from "./audio-run.ts";

/** The bit rate of copied audio may be up to this many times the planned one. */
const MOST_RATE = 1.5;

/** One raw AAC-LC frame of silence, by number of channels. */
const SILENT_FRAMES: Readonly<Record<number, Uint8Array>> = {
  1: Uint8Array.of(0x01, 0x18, 0x20, 0x07),
  2: Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c),
};

/**
 * Whether `copyFrames` would probably copy the track; false where its bit rate is not known. Only the
 * `webcodecs` engine copies, because results of the `ffmpeg` engine are verified by their hashes.
 */
export function looksCopyable(track: AudioFacts, rendition: AudioRendition): boolean {
  const { codec, sampleRate, channels, heard, mixedFormats, bitsPerSecond = Infinity } = track;
  return (
    codec === AAC_LC_CODEC &&
    mixedFormats !== true &&
    rendition.loudness === undefined &&
    heard === undefined &&
    sampleRate === rendition.sampleRate &&
    channels === rendition.channels &&
    channels in SILENT_FRAMES &&
    bitsPerSecond <= MOST_RATE * rendition.bitsPerSecond
  );
}

/** AAC-LC packets of 1,024 samples each. */
export interface AacPackets {
  packets: readonly Uint8Array[];
  /** Start of each packet, in samples on the timeline. */
  startSamples: readonly number[];
}

/**
 * Copies the run's frames from the source, where they are as wanted: on the rendition's grid, without a gap
 * between them, with nothing hidden by an edit list, and not at a much higher bit rate than planned. Frames
 * of silence fill the run before the source's first frame and after its last.
 *
 * @returns null where the frames have to be encoded
 */
export function copyFrames(
  { packets, startSamples }: AacPackets,
  run: Pick<AudioRun, "firstFrame" | "framesPerSegment">,
  rendition: Pick<AudioRendition, "sampleRate" | "channels" | "bitsPerSecond">,
  heard: AudioFacts["heard"],
): Uint8Array[] | null {
  const silence = SILENT_FRAMES[rendition.channels];
  if (heard !== undefined || silence === undefined) return null;
  const count = run.framesPerSegment.reduce((sum, frames) => sum + frames, 0);
  const frames = new Array<Uint8Array>(count).fill(silence);
  let [bytes, copied, last] = [0, 0, -1];
  for (const [index, packet] of packets.entries()) {
    const frame = (startSamples[index] ?? Number.NaN) / AAC_FRAME_SAMPLES - run.firstFrame;
    if (frame <= -1 || frame >= count) continue;
    const follows = copied === 0 || frame === last + 1;
    if (!Number.isInteger(frame) || !follows || packet.length === 0) return null;
    frames[frame] = packet;
    bytes += packet.length;
    copied += 1;
    last = frame;
  }
  const seconds = (copied * AAC_FRAME_SAMPLES) / rendition.sampleRate;
  return bytes * 8 <= MOST_RATE * rendition.bitsPerSecond * seconds ? frames : null;
}
