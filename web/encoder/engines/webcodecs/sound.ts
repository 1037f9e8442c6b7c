import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";
import { soundOutputs } from "../../../../shared/encode/audio-outputs.ts";
import {
  type AudioRun,
  type DecodedAudio,
  heardOf,
  type PcmWindow,
  placeAudio,
  planAudioRun,
} from "../../../../shared/encode/audio-run.ts";
import type { TranscodedTask, TranscodeTask } from "../../../../shared/encode/transcode-task.ts";
import { webCodecsSoundRefusal } from "../../../../shared/encode/webcodecs-support.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import { AAC_FRAME_SAMPLES, type AudioRendition } from "../../../../shared/job/job.ts";
import { findDelay, findDisplacement, measuringSignal } from "./sound-alignment.ts";
import {
  decoderConfigOf,
  decodeSound,
  encodeSound,
  hasSoundCodecs,
  type SoundFormat,
} from "./sound-codec.ts";

/**
 * Sound by the browser's own AAC encoder. How late an encoder is, no browser says: it is measured once
 * for each configuration, and every run is decoded and held against its samples before it is given out.
 */
export class WebCodecsSound {
  /** By configuration; null where the browser has no such encoder, or none that can be trusted. */
  readonly #delays = new Map<string, Promise<number | null>>();

  /**
   * Throws ENGINE_UNAVAILABLE for what it does not take; ENCODE_FAILED, also where what came out is not
   * in its place; DECODE_FAILED, CHUNK_UNREADABLE, FRAME_COUNT_WRONG, WORKER_STALLED.
   * @param task its chunk is only read
   */
  async transcode(
    task: TranscodeTask,
    rendition: AudioRendition,
    onProgress: (progress: number) => void,
  ): Promise<TranscodedTask> {
    const { segments, source } = task.grant;
    const { sampleRate, channels } = rendition;
    const track = source.audio.find((each) => each.track === rendition.track);
    const refusal = webCodecsSoundRefusal(track, rendition);
    if (refusal !== null) throw unavailable(refusal);
    const delaySamples = await this.#delayOf(rendition, () => onProgress(0));
    if (delaySamples === null) throw unavailable("The browser has no AAC encoder for this.");

    const run = planAudioRun(segments, sampleRate);
    const lead = planLead(run, delaySamples);
    const { pcm, decoded } = await readSound(task.chunk, rendition, () => onProgress(0.1));
    const heard = heardOf(task.grant.source, rendition);
    const placed = placeAudio(pcm, decoded, task.info.baseTicks, lead.window, channels, heard);
    const made = await encodeSound(placed, rendition, (share) => onProgress(0.1 + share * 0.8));

    const count = run.framesPerSegment.reduce((sum, frames) => sum + frames, 0);
    const kept = made.slice(lead.dropFrames, lead.dropFrames + count);
    const outputs = soundOutputs(kept, run, task, rendition);
    const wanted = placed.subarray(lead.dropSamples * channels);
    await checkFrames(kept, wanted, rendition, () => onProgress(0.9));
    return { outputs, warnings: [] };
  }

  #delayOf(format: SoundFormat, onMoved: () => void): Promise<number | null> {
    const { sampleRate, channels, bitsPerSecond } = format;
    const key = `${sampleRate}/${channels}/${bitsPerSecond}`;
    const known = this.#delays.get(key) ?? measureDelay(format, onMoved);
    this.#delays.set(key, known);
    return known;
  }
}

async function measureDelay(format: SoundFormat, onMoved: () => void): Promise<number | null> {
  if (!(await hasSoundCodecs(format))) return null;
  const { channels } = format;
  const signal = measuringSignal(channels);
  try {
    const frames = await encodeSound(signal, format, onMoved);
    const heard = await decodeSound(frames, decoderConfigOf(format), onMoved);
    const delaySamples = findDelay(signal, heard, channels);
    if (delaySamples === null) console.info("The AAC encoder's delay cannot be measured.");
    return delaySamples;
  } catch (thrown) {
    console.info("The AAC encoder cannot be used:", thrown);
    return null;
  }
}

interface Lead {
  window: PcmWindow;
  /** Frames of the encoder before the first that is kept. */
  dropFrames: number;
  /** Samples of the window before those of that frame. */
  dropSamples: number;
}

/**
 * Enough samples more in front that the delay becomes whole frames, which are dropped; and as many
 * frames of samples after the end, for encoders that keep what is late.
 */
function planLead(run: AudioRun, delaySamples: number): Lead {
  const primingFrames = Math.ceil(delaySamples / AAC_FRAME_SAMPLES);
  const extraSamples = primingFrames * AAC_FRAME_SAMPLES - delaySamples;
  const endSample = run.endSample + primingFrames * AAC_FRAME_SAMPLES;
  const startSample = run.startSample - extraSamples;
  return {
    window: { startSample, samples: endSample - startSample, skipSamples: 0 },
    dropFrames: primingFrames + run.preRollFrames,
    dropSamples: extraSamples + run.preRollFrames * AAC_FRAME_SAMPLES,
  };
}

/** The chunk's samples and where they belong, as ffmpeg would give them. */
async function readSound(
  chunk: Uint8Array,
  rendition: AudioRendition,
  onMoved: () => void,
): Promise<{ pcm: Float32Array; decoded: DecodedAudio }> {
  const { packets, startSamples, config } = await readPackets(chunk);
  const { sampleRate, channels } = rendition;
  if (config.sampleRate !== sampleRate || config.numberOfChannels !== channels) {
    throw unavailable("The sound has to be resampled or mixed.");
  }
  const { supported } = await AudioDecoder.isConfigSupported(config);
  if (supported !== true) throw unavailable("The browser does not decode the source's sound.");
  const pcm = await decodeSound(packets, config, onMoved);
  const frames = startSamples.map((startSample) => ({ startSample, samples: AAC_FRAME_SAMPLES }));
  return { pcm, decoded: { sampleRate, frames } };
}

async function readPackets(
  chunk: Uint8Array,
): Promise<{ packets: Uint8Array[]; startSamples: number[]; config: AudioDecoderConfig }> {
  const input = new Input({ source: new BufferSource(chunk), formats: [MP4] });
  try {
    const track = await input.getPrimaryAudioTrack();
    const config = await track?.getDecoderConfig();
    if (track === null || config === null || config === undefined) {
      throw unavailable("WebCodecs does not know the sound's codec.");
    }
    const packets: Uint8Array[] = [];
    const startSamples: number[] = [];
    for await (const { data, timestamp } of new EncodedPacketSink(track).packets()) {
      packets.push(data);
      startSamples.push(Math.round(timestamp * config.sampleRate));
    }
    return { packets, startSamples, config };
  } catch (thrown) {
    if (thrown instanceof TributaryError) throw thrown;
    throw new TributaryError("CHUNK_UNREADABLE", "A piece of the source cannot be read.", {
      cause: thrown,
    });
  } finally {
    input.dispose();
  }
}

/** Throws ENCODE_FAILED where frames do not decode to the samples that they are for. */
async function checkFrames(
  frames: readonly Uint8Array[],
  wanted: Float32Array,
  rendition: AudioRendition,
  onMoved: () => void,
): Promise<void> {
  const made = await decodeSound(frames, decoderConfigOf(rendition), onMoved);
  // The first one's samples need the frame before it, which the segment before has.
  const first = AAC_FRAME_SAMPLES * rendition.channels;
  const fault = findDisplacement(
    wanted.subarray(first, made.length),
    made.subarray(first),
    rendition.channels,
  );
  if (fault !== null) throw new TributaryError("ENCODE_FAILED", fault);
}

function unavailable(message: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", message);
}
