import { AAC_LC_CODEC, audioSpecificConfig } from "../../../../shared/cmaf/aac.ts";
import { mixChannels } from "../../../../shared/encode/channel-mix.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import { AAC_FRAME_SAMPLES } from "../../../../shared/job/job.ts";
import { encodeAac } from "./aac-encoder.ts";

/** The decoder runs in another process. Without samples for this long, it counts as dead. */
const STALL_MS = 20_000;

/**
 * All samples of consecutive AAC frames, interleaved: 1,024 for each frame and channel. Some encoders begin with a
 * frame without channel data; it counts as silence.
 *
 * @param channels to mix down to
 * @throws TributaryError DECODE_FAILED, also where the decoder mixes, resamples, or drops samples that it takes for
 * priming; WORKER_STALLED
 */
export async function decodeAac(
  frames: readonly Uint8Array[],
  config: AudioDecoderConfig,
  channels: number,
  onMoved: () => void,
): Promise<Float32Array> {
  const frameValues = AAC_FRAME_SAMPLES * channels;
  const pcm = new Float32Array(frames.length * frameValues);
  let filled = 0;
  await runDecoder(frames, config, (data) => {
    const mixed = mixChannels(interleavedSamples(data), data.numberOfChannels, channels);
    // Throws where the decoder gives more samples than planned.
    pcm.set(mixed, filled);
    filled += mixed.length;
    onMoved();
  });
  if (filled === pcm.length) return pcm;
  const [first, second] = frames;
  const isOneMissing = filled === pcm.length - frameValues && second !== undefined;
  if (isOneMissing && (await isEmpty(first as Uint8Array, second, config))) {
    pcm.copyWithin(frameValues, 0, filled);
    pcm.fill(0, 0, frameValues);
    return pcm;
  }
  const cause = new Error(`${filled} samples came out, not ${pcm.length}.`);
  throw new TributaryError("DECODE_FAILED", FAILED, { cause });
}

const FAILED = "The browser's audio decoder failed.";

/** Whether the first frame alone gives no samples, while the second frame alone gives some. */
async function isEmpty(
  first: Uint8Array,
  second: Uint8Array,
  config: AudioDecoderConfig,
): Promise<boolean> {
  const counts = [0, 0];
  for (const [index, frame] of [first, second].entries()) {
    await runDecoder([frame], config, () => {
      counts[index] = (counts[index] ?? 0) + 1;
    });
  }
  return counts[0] === 0 && counts[1] === 1;
}

/** @throws TributaryError DECODE_FAILED, WORKER_STALLED */
async function runDecoder(
  frames: readonly Uint8Array[],
  config: AudioDecoderConfig,
  onData: (data: AudioData) => void,
): Promise<void> {
  const failure = Promise.withResolvers<never>();
  const watch = () =>
    setTimeout(() => {
      const message = "The browser's audio decoder stopped answering.";
      failure.reject(new TributaryError("WORKER_STALLED", message));
    }, STALL_MS);
  let stall = watch();
  const decoder = new AudioDecoder({
    output: (data) => {
      clearTimeout(stall);
      stall = watch();
      try {
        const { sampleRate, numberOfChannels } = data;
        if (sampleRate !== config.sampleRate || numberOfChannels !== config.numberOfChannels) {
          throw new Error("The audio has another rate or other channels than its container says.");
        }
        onData(data);
      } catch (thrown) {
        failure.reject(thrown);
      } finally {
        data.close();
      }
    },
    error: (error) => failure.reject(error),
  });
  try {
    decoder.configure(config);
    const frameMicroseconds = (AAC_FRAME_SAMPLES * 1e6) / config.sampleRate;
    for (const [index, data] of frames.entries()) {
      const timestamp = Math.round(index * frameMicroseconds);
      decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
    }
    await Promise.race([decoder.flush(), failure.promise]);
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause;
    throw new TributaryError("DECODE_FAILED", FAILED, { cause });
  } finally {
    clearTimeout(stall);
    if (decoder.state !== "closed") decoder.close();
  }
}

/**
 * Copies as `f32`. Only Chromium falls back to `f32-planar`, since up to 125 it converts to nothing else: in
 * WebKitGTK 2.50 a copy as `f32-planar` writes beyond its buffer, and the tab dies.
 *
 * @throws DOMException where there is no copy as `f32`
 */
function interleavedSamples(data: AudioData): Float32Array {
  const { numberOfFrames: count, numberOfChannels: channels } = data;
  const samples = new Float32Array(count * channels);
  try {
    data.copyTo(samples, { planeIndex: 0, format: "f32" });
  } catch (thrown) {
    if (!/Chrome\/|Chromium\//.test(navigator.userAgent)) throw thrown;
    const plane = new Float32Array(count);
    for (let channel = 0; channel < channels; channel += 1) {
      data.copyTo(plane, { planeIndex: channel, format: "f32-planar" });
      for (let index = 0; index < count; index += 1) {
        samples[index * channels + channel] = plane[index] as number;
      }
    }
  }
  return samples;
}

type DecodedFormat = Pick<AudioDecoderConfig, "sampleRate" | "numberOfChannels">;

/** By sample rate and number of channels. */
const proofs = new Map<string, Promise<string | null>>();

/**
 * The fault of the browser's AAC decoder, in plain words; null where it has none. Tested once a worker for
 * each format: noise coded by FFmpeg's encoder must come out 1,024 samples late, in its own channel.
 *
 * @throws TributaryError as `encodeAac`
 */
export function decoderFault(format: DecodedFormat): Promise<string | null> {
  const { sampleRate, numberOfChannels } = format;
  const key = `${sampleRate}/${numberOfChannels}`;
  const known = proofs.get(key) ?? findDecoderFault(sampleRate, numberOfChannels);
  proofs.set(key, known);
  // Where the encoder fails to load, the next call tries again.
  known.catch(() => proofs.delete(key));
  return known;
}

const PROOF_FRAMES = 8;
/** High enough that coding changes less than 3 % of the noise's energy. */
const PROOF_BITS_PER_CHANNEL = 192_000;
/** Share of the energy that may have changed; one sample late changes 34 %, another channel all of it. */
const MOST_CHANGED = 0.1;
/** Index of 5.1's low frequency channel, which carries nothing above some 1,100 Hz, and which the mix leaves out. */
const LOW_FREQUENCY_CHANNEL = 3;

async function findDecoderFault(sampleRate: number, channels: number): Promise<string | null> {
  const wanted = steepNoise(PROOF_FRAMES * AAC_FRAME_SAMPLES, channels);
  const format = { sampleRate, channels, bitsPerSecond: PROOF_BITS_PER_CHANNEL * channels };
  const frames = await encodeAac(wanted, format, () => {});
  const config = {
    codec: AAC_LC_CODEC,
    sampleRate,
    numberOfChannels: channels,
    description: audioSpecificConfig({ sampleRate, channels }),
  };
  let heard: Float32Array;
  try {
    heard = await decodeAac(frames, config, channels, () => {});
  } catch (thrown) {
    return String(thrown);
  }
  for (let channel = 0; channel < channels; channel += 1) {
    if (channels > 2 && channel === LOW_FREQUENCY_CHANNEL) continue;
    let [energy, changed] = [0, 0];
    for (let at = channel; at < wanted.length; at += channels) {
      const sample = wanted[at] as number;
      energy += sample ** 2;
      changed += (sample - (heard[at + AAC_FRAME_SAMPLES * channels] as number)) ** 2;
    }
    if (changed > energy * MOST_CHANGED) return `Channel ${channel} is not in its place.`;
  }
  return null;
}

/**
 * Noise that falls by 6 dB an octave from some 1,700 Hz on, different in each channel. Shifted in time it resembles
 * itself nowhere, and an encoder codes its waveform, not a noise substitute.
 */
function steepNoise(count: number, channels: number): Float32Array {
  const pcm = new Float32Array(count * channels);
  let seed = 1;
  for (let at = 0; at < pcm.length; at += 1) {
    // The generator of Numerical Recipes.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    pcm[at] = 0.8 * (pcm[at - channels] ?? 0) + 0.2 * (seed / 2 ** 31 - 1);
  }
  return pcm;
}
