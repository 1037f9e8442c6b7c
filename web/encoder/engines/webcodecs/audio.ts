import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";
import { isPlainAacLc } from "../../../../shared/cmaf/aac.ts";
import { copyFrames } from "../../../../shared/encode/audio-copy.ts";
import { soundOutputs } from "../../../../shared/encode/audio-outputs.ts";
import {
  heardOf,
  PRIMING_FRAMES,
  placeAudio,
  planAudioRun,
  planPcmWindow,
} from "../../../../shared/encode/audio-run.ts";
import { changeLoudness } from "../../../../shared/encode/loudness.ts";
import type { TranscodedTask, TranscodeTask } from "../../../../shared/encode/transcode-task.ts";
import { webCodecsAudioRefusal } from "../../../../shared/encode/webcodecs-support.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import {
  AAC_FRAME_SAMPLES,
  type AudioRendition,
  TICKS_PER_SECOND,
} from "../../../../shared/job/job.ts";
import { decodeAac, decoderFault } from "./aac-decoder.ts";
import { encodeAac } from "./aac-encoder.ts";

/**
 * Makes a run of audio without the ffmpeg core: it copies the source's own frames where they fit, else it uses the
 * browser's decoder and FFmpeg's encoder. Decoders' samples differ by platform, so only outputs that are not
 * verified by hash are made this way.
 *
 * @param task its chunk is only read
 * @throws TributaryError ENGINE_UNAVAILABLE where ffmpeg has to make the audio; ENCODE_FAILED, DECODE_FAILED,
 * CHUNK_UNREADABLE, FRAME_COUNT_WRONG, WORKER_STALLED
 */
export async function transcodeAudio(
  task: TranscodeTask,
  rendition: AudioRendition,
  onProgress: (progress: number) => void,
): Promise<TranscodedTask> {
  const { segments, source } = task.grant;
  const { sampleRate, channels, track } = rendition;
  const refusal = webCodecsAudioRefusal(
    source.audio.find((each) => each.track === track),
    rendition,
  );
  if (refusal !== null) throw unavailable(refusal);
  const { packets, startSamples, config } = await readPackets(task.chunk);
  if (config.sampleRate !== sampleRate) throw unavailable("The audio has to be resampled.");
  const run = planAudioRun(segments, sampleRate);
  const heard = heardOf(source, rendition);
  const pcm = await decodeAac(packets, config, channels, () => onProgress(0.1));
  const { loudness } = rendition;
  if (loudness === undefined && isPlainAacLc(bytesOf(config.description), rendition)) {
    const baseSamples = Math.round((task.info.baseTicks * sampleRate) / TICKS_PER_SECOND);
    const onTimeline = startSamples.map((startSample) => startSample + baseSamples);
    const frames = copyFrames({ packets, startSamples: onTimeline }, run, rendition, heard);
    // decodeAac has just shown that all of these frames decode.
    if (frames !== null)
      return { outputs: soundOutputs(frames, run, task, rendition), notices: [] };
  }
  const fault = await decoderFault(config);
  if (fault !== null) throw unavailable(`The browser's AAC decoder is not to be used: ${fault}`);

  const window = planPcmWindow(run, sampleRate, sampleRate);
  const frames = startSamples.map((startSample) => ({ startSample, samples: AAC_FRAME_SAMPLES }));
  const decoded = { sampleRate, frames };
  const placed = placeAudio(pcm, decoded, task.info.baseTicks, window, channels, heard);
  if (loudness !== undefined) changeLoudness(placed, channels, sampleRate, loudness.gain);
  const made = await encodeAac(placed, rendition, (share) => onProgress(0.2 + share * 0.8));
  const kept = made.slice(PRIMING_FRAMES + run.preRollFrames);
  return { outputs: soundOutputs(kept, run, task, rendition), notices: [] };
}

async function readPackets(
  chunk: Uint8Array,
): Promise<{ packets: Uint8Array[]; startSamples: number[]; config: AudioDecoderConfig }> {
  const input = new Input({ source: new BufferSource(chunk), formats: [MP4] });
  try {
    const track = await input.getPrimaryAudioTrack();
    const config = await track?.getDecoderConfig();
    if (track === null || config === null || config === undefined) {
      throw unavailable("WebCodecs does not know the audio's codec.");
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

function bytesOf(source: AllowSharedBufferSource = new Uint8Array()): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function unavailable(message: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", message);
}
