import { AAC_LC_CODEC, audioSpecificConfig, isPlainAacLc } from "../../../../shared/cmaf/aac.ts";
import { aacEncoderConfig } from "../../../../shared/encode/webcodecs-support.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import { AAC_FRAME_SAMPLES, type AudioRendition } from "../../../../shared/job/job.ts";

/** The browser's own AAC-LC encoder and decoder: samples to raw frames and back. */

export type SoundFormat = Pick<AudioRendition, "sampleRate" | "channels" | "bitsPerSecond">;

/** Samples handed to the encoder at once, and how many such pieces may wait in it. */
const PIECE_SAMPLES = 32 * AAC_FRAME_SAMPLES;
const MOST_WAITING = 8;
const LOOK_AGAIN_MS = 5;

/** Without a frame or sample for this long, codecs that live in another process are taken for dead. */
const STALL_MS = 20_000;

/** How the frames of a rendition are decoded: by what its init segment says, not by the encoder's word. */
export function decoderConfigOf({ sampleRate, channels }: SoundFormat): AudioDecoderConfig {
  const description = audioSpecificConfig({ sampleRate, channels });
  return { codec: AAC_LC_CODEC, sampleRate, numberOfChannels: channels, description };
}

/** Whether the browser says that it encodes this and decodes it again. */
export async function hasSoundCodecs(format: SoundFormat): Promise<boolean> {
  if (!("AudioEncoder" in self) || !("AudioDecoder" in self)) return false;
  try {
    const support = await Promise.all([
      AudioEncoder.isConfigSupported(aacEncoderConfig(format)),
      AudioDecoder.isConfigSupported(decoderConfigOf(format)),
    ]);
    return support.every(({ supported }) => supported === true);
  } catch {
    return false;
  }
}

/**
 * Raw AAC frames, those that prime the encoder among them.
 * @param pcm interleaved
 * @param onMoved called as frames come out, with the share of samples that are encoded
 * Throws ENCODE_FAILED, WORKER_STALLED.
 */
export async function encodeSound(
  pcm: Float32Array,
  format: SoundFormat,
  onMoved: (share: number) => void,
): Promise<Uint8Array[]> {
  const { sampleRate, channels } = format;
  const total = pcm.length / channels;
  const frames: Uint8Array[] = [];
  const run = new CodecRun("ENCODE_FAILED", "The browser's sound encoder failed.");
  let isPlain = false;
  const encoder = new AudioEncoder({
    output: (chunk, metadata) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      frames.push(data);
      const description = metadata?.decoderConfig?.description;
      if (description !== undefined) isPlain = isPlainAacLc(bytesOf(description), format);
      // 0xfff: an ADTS header. A raw frame does not begin so.
      if (data[0] === 0xff && ((data[1] ?? 0) & 0xf0) === 0xf0) run.fail("ADTS came out.");
      run.moved();
      onMoved(Math.min(1, (frames.length * AAC_FRAME_SAMPLES) / total));
    },
    error: (error) => run.fail(error),
  });
  try {
    encoder.configure(aacEncoderConfig(format));
    for (let from = 0; from < total; from += PIECE_SAMPLES) {
      while (encoder.state === "configured" && encoder.encodeQueueSize > MOST_WAITING) {
        await run.wait(new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS)));
      }
      run.throwFailure();
      const piece = pcm.slice(from * channels, (from + PIECE_SAMPLES) * channels);
      const data = new AudioData({
        format: "f32",
        sampleRate,
        numberOfChannels: channels,
        numberOfFrames: piece.length / channels,
        timestamp: Math.round((from * 1e6) / sampleRate),
        data: piece,
      });
      encoder.encode(data);
      data.close();
    }
    await run.wait(encoder.flush());
  } catch (thrown) {
    throw run.errorOf(thrown);
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
  if (!isPlain) throw run.errorOf("The encoder makes other AAC than planned.");
  return frames;
}

/**
 * All samples of AAC frames that follow each other, interleaved: exactly 1,024 for each.
 * Throws DECODE_FAILED, also where the decoder leaves samples out (it may take some for priming), mixes
 * or resamples; WORKER_STALLED.
 */
export async function decodeSound(
  frames: readonly Uint8Array[],
  config: AudioDecoderConfig,
  onMoved: () => void,
): Promise<Float32Array> {
  const { sampleRate, numberOfChannels: channels } = config;
  const pcm = new Float32Array(frames.length * AAC_FRAME_SAMPLES * channels);
  const run = new CodecRun("DECODE_FAILED", "The browser's sound decoder failed.");
  let samples = 0;
  const decoder = new AudioDecoder({
    output: (data) => {
      const isRight = data.sampleRate === sampleRate && data.numberOfChannels === channels;
      if (isRight) copySamples(data, pcm, samples);
      else run.fail("The sound has another rate or other channels than its container says.");
      samples += data.numberOfFrames;
      data.close();
      run.moved();
      onMoved();
    },
    error: (error) => run.fail(error),
  });
  try {
    decoder.configure(config);
    const frameMicroseconds = (AAC_FRAME_SAMPLES * 1e6) / sampleRate;
    frames.forEach((data, index) => {
      const timestamp = Math.round(index * frameMicroseconds);
      decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
    });
    await run.wait(decoder.flush());
  } catch (thrown) {
    throw run.errorOf(thrown);
  } finally {
    if (decoder.state !== "closed") decoder.close();
  }
  if (samples * channels !== pcm.length) {
    throw run.errorOf(`${samples} samples came out of ${frames.length} frames.`);
  }
  return pcm;
}

/** Copies decoded samples into their place, interleaved; those beyond the end of `pcm` are left out. */
function copySamples(data: AudioData, pcm: Float32Array, at: number): void {
  const samples = interleavedSamples(data);
  const start = Math.min(pcm.length, at * data.numberOfChannels);
  pcm.set(samples.subarray(0, pcm.length - start), start);
}

/** In WebKitGTK 2.50 a copy as `f32-planar` writes beyond its buffer and the tab dies: `f32` comes first. */
function interleavedSamples(data: AudioData): Float32Array {
  const { numberOfFrames: count, numberOfChannels: channels } = data;
  const samples = new Float32Array(count * channels);
  try {
    data.copyTo(samples, { planeIndex: 0, format: "f32" });
  } catch {
    // Chromium up to 125 converts to nothing but `f32-planar`.
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

/** Settles whatever a codec does: it may fail beside its promises, or fall silent. */
class CodecRun {
  readonly #code: "ENCODE_FAILED" | "DECODE_FAILED";
  readonly #message: string;
  #failure: unknown = null;
  #movedAtMs = performance.now();

  constructor(code: "ENCODE_FAILED" | "DECODE_FAILED", message: string) {
    this.#code = code;
    this.#message = message;
  }

  moved(): void {
    this.#movedAtMs = performance.now();
  }

  fail(cause: unknown): void {
    this.#failure ??= cause;
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Throws what failed, and WORKER_STALLED. */
  async wait(work: Promise<unknown>): Promise<void> {
    const { promise: stalled, reject } = Promise.withResolvers<never>();
    const watch = setInterval(() => {
      if (performance.now() - this.#movedAtMs < STALL_MS) return;
      reject(new TributaryError("WORKER_STALLED", "The browser's sound codecs stopped answering."));
    }, 1_000);
    await Promise.race([work, stalled]).finally(() => clearInterval(watch));
    this.throwFailure();
  }

  errorOf(thrown: unknown): TributaryError {
    if (thrown instanceof TributaryError) return thrown;
    return new TributaryError(this.#code, this.#message, { cause: this.#failure ?? thrown });
  }
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
