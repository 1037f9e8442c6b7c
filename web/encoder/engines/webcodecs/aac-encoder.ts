import { aacJsUrl } from "virtual:ffmpeg-assets";
import { PRIMING_FRAMES } from "../../../../shared/encode/audio-run.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import { AAC_FRAME_SAMPLES, type AudioRendition } from "../../../../shared/job/job.ts";

/** FFmpeg's AAC-LC encoder as WebAssembly: equal samples give equal bytes on every machine. */

export type AudioFormat = Pick<AudioRendition, "sampleRate" | "channels" | "bitsPerSecond">;

/** The functions of @mediabunny/aac-encoder's `bridge.c`; pointers are numbers. */
interface AacModule {
  /** Replaced whenever the memory grows. */
  HEAPU8: Uint8Array<ArrayBuffer>;
  /** @returns the encoder, or 0 */
  _init_encoder(channels: number, sampleRate: number, bitsPerSecond: number): number;
  _get_encode_input_ptr(encoder: number, bytes: number): number;
  /** Sends one frame of samples; below 0 on failure. */
  _send_frame(encoder: number, pts: bigint): number;
  /** @returns bytes of the next packet, 0 when there is none yet, below 0 on failure */
  _receive_packet(encoder: number): number;
  _get_encoded_data(encoder: number): number;
  _flush_encoder_start(encoder: number): void;
  _close_encoder(encoder: number): void;
}

let starting: Promise<AacModule> | null = null;

async function start(): Promise<AacModule> {
  const script = (await import(/* @vite-ignore */ aacJsUrl)) as {
    default: () => Promise<AacModule>;
  };
  return script.default();
}

/**
 * Encodes all samples. Blocks this thread for about a fiftieth of their duration.
 *
 * @param pcm interleaved; the last frame is filled up with silence
 * @param onMoved called as frames come out, with the share of samples that are encoded
 * @returns raw AAC frames: one that primes the decoder, then one for each 1,024 samples
 * @throws TributaryError ENGINE_UNAVAILABLE, ENCODE_FAILED (a sample that is no number, for example)
 */
export async function encodeAac(
  pcm: Float32Array,
  format: AudioFormat,
  onMoved: (share: number) => void,
): Promise<Uint8Array<ArrayBuffer>[]> {
  starting ??= start();
  const module = await starting.catch((cause: unknown) => {
    starting = null;
    throw new TributaryError("ENGINE_UNAVAILABLE", "The AAC encoder could not be loaded.", {
      cause,
    });
  });
  try {
    return encode(module, pcm, format, onMoved);
  } catch (cause) {
    // After a trap the module's memory may be damaged.
    starting = null;
    throw new TributaryError("ENCODE_FAILED", "The audio could not be encoded.", { cause });
  }
}

function encode(
  module: AacModule,
  pcm: Float32Array,
  { channels, sampleRate, bitsPerSecond }: AudioFormat,
  onMoved: (share: number) => void,
): Uint8Array<ArrayBuffer>[] {
  const encoder = module._init_encoder(channels, sampleRate, bitsPerSecond);
  if (encoder === 0) throw new Error("The encoder does not take this format.");
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const takePackets = () => {
    let bytes = module._receive_packet(encoder);
    for (; bytes > 0; bytes = module._receive_packet(encoder)) {
      const from = module._get_encoded_data(encoder);
      frames.push(module.HEAPU8.slice(from, from + bytes));
    }
    if (bytes < 0) throw new Error(`FFmpeg's error ${bytes}.`);
  };
  const frameSamples = AAC_FRAME_SAMPLES * channels;
  const inputBytes = frameSamples * Float32Array.BYTES_PER_ELEMENT;
  for (let from = 0; from < pcm.length; from += frameSamples) {
    const input = module._get_encode_input_ptr(encoder, inputBytes);
    if (input === 0) throw new Error("There is not enough memory.");
    const samples = new Float32Array(module.HEAPU8.buffer, input, frameSamples);
    samples.fill(0);
    samples.set(pcm.subarray(from, from + frameSamples));
    const status = module._send_frame(encoder, BigInt(from / channels));
    if (status < 0) throw new Error(`FFmpeg's error ${status}.`);
    takePackets();
    onMoved(from / pcm.length);
  }
  module._flush_encoder_start(encoder);
  takePackets();
  module._close_encoder(encoder);
  // A sample that is not a number makes the encoder stop without an error.
  const wanted = Math.ceil(pcm.length / frameSamples) + PRIMING_FRAMES;
  if (frames.length !== wanted) throw new Error(`${frames.length} frames came out, not ${wanted}.`);
  return frames;
}
