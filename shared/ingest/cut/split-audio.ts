import {
  type AudioCodec,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  type InputAudioTrack,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { encodedFrames } from "../../encode/audio-run.ts";
import { AAC_FRAME_SAMPLES, audioFrameAt, type Segment, TICKS_PER_SECOND } from "../../job/job.ts";
import { gridStep } from "../read/audio-positions.ts";
import { packetsFrom } from "../read/packet-reader.ts";
import type { AudioIndex } from "../read/source-index.ts";
import { type CutPiece, finished, lowerBound, spanOf, unreadable } from "./cut-piece.ts";
import { type Sample, writeSampleFile } from "./sample-file.ts";

/** Audio that is decoded before the run and dropped, so that overlap, bit reservoirs and predictors settle. */
const PRE_ROLL_SECONDS = 0.2;
const POST_ROLL_SECONDS = 0.1;

/**
 * Cuts the packets of a run of audio segments, with all the pre-roll that decoder and encoder need. A run for
 * which the source has no audio still gets the nearest packets, all outside the trim.
 *
 * The chunk's time 0 lies on the timeline at a whole number of samples of the source and of the rendition:
 * round(baseTicks * rate / 90,000) is exact for rates up to 90 kHz. When samples are placed by that number
 * and the chunk's own times, all runs lie on one sample grid. Times are continuous except for real gaps of
 * the source. The first packets may decode to nothing (Vorbis, AAC priming).
 *
 * @param sampleDescriptions the track's `stsd`, if its descriptions change within the track; chunks copy it
 */
export async function cutAudio(
  track: InputAudioTrack,
  audio: AudioIndex,
  sampleDescriptions: Uint8Array | null,
  outputSampleRate: number,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<CutPiece> {
  const { sampleRate, packetSamples, packetSeconds } = audio;
  const { startTicks, endTicks } = spanOf(segments);
  const toSource = (outputSamples: number) => (outputSamples * sampleRate) / outputSampleRate;
  const { start: startFrame, end: endFrame } = encodedFrames(
    {
      firstFrame: audioFrameAt(startTicks, outputSampleRate),
      endFrame: audioFrameAt(endTicks, outputSampleRate),
    },
    outputSampleRate,
  );
  const wantedStart = toSource(startFrame * AAC_FRAME_SAMPLES) - PRE_ROLL_SECONDS * sampleRate;
  const wantedEnd = toSource(endFrame * AAC_FRAME_SAMPLES) + POST_ROLL_SECONDS * sampleRate;
  const count = packetSeconds.length;
  const firstPacket = onWholeOutputSample(
    packetSamples,
    Math.min(count - 1, Math.max(0, lowerBound(packetSamples, wantedStart + 1) - 1)),
    gridStep(sampleRate, outputSampleRate),
  );
  const endPacket = Math.max(
    firstPacket + 1,
    Math.min(count, lowerBound(packetSamples, wantedEnd)),
  );
  const base = packetSamples[firstPacket] ?? 0;
  const place = {
    baseTicks: Math.round((base * TICKS_PER_SECOND) / sampleRate),
    trimStartTicks: Math.floor(
      (startFrame * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / outputSampleRate,
    ),
    trimEndTicks: Math.ceil((endFrame * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / outputSampleRate),
  };
  if (sampleDescriptions !== null) {
    const samples: Sample[] = [];
    for await (const packet of packetsFrom(track, audio, firstPacket, endPacket)) {
      signal.throwIfAborted();
      const at = firstPacket + samples.length;
      samples.push({
        bytes: packet.data,
        ticks: (packetSamples[at] ?? base) - base,
        isKey: true,
        description: audio.packetDescriptions?.[at] ?? 0,
      });
    }
    const size = { width: 0, height: 0, rotation: 0 };
    const file = { sampleDescriptions, kind: "audio", timescale: sampleRate, ...size } as const;
    return { bytes: writeSampleFile({ ...file, samples }), ...place };
  }
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) throw unreadable("The codec is not known.");
  const output = new Output({ format: audioFormat(codec), target: new BufferTarget() });
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source);
  await output.start();
  let at = firstPacket;
  for await (const packet of packetsFrom(track, audio, firstPacket, endPacket)) {
    signal.throwIfAborted();
    const start = packetSamples[at] ?? base;
    const end = packetSamples[at + 1] ?? start;
    await source.add(
      new EncodedPacket(
        packet.data,
        "key",
        (start - base) / sampleRate,
        Math.max(0, end - start) / sampleRate,
        at - firstPacket,
      ),
      at === firstPacket ? { decoderConfig: withoutPreSkip(codec, decoderConfig) } : undefined,
    );
    at++;
  }
  await output.finalize();
  return { bytes: finished(output.target.buffer), ...place };
}

/** ffmpeg 5.1 knows PCM in QuickTime files, not in mp4. */
function audioFormat(codec: AudioCodec): Mp4OutputFormat | MovOutputFormat {
  const options = { fastStart: "in-memory" } as const;
  return /^(pcm-|ulaw|alaw)/.test(codec)
    ? new MovOutputFormat(options)
    : new Mp4OutputFormat(options);
}

/** A chunk is not the start of a stream, so decoders must not skip its first samples (RFC 7845, 5.1). */
function withoutPreSkip(codec: AudioCodec, config: AudioDecoderConfig): AudioDecoderConfig {
  if (codec !== "opus" || config.description === undefined) return config;
  const given = config.description;
  const head = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice()
    : new Uint8Array(given).slice();
  if (head.length >= 12) head.fill(0, 10, 12);
  return { ...config, description: head };
}

/** The last packet, at or a few before this one, that begins on a whole sample of the output. */
function onWholeOutputSample(packetSamples: Float64Array, packet: number, step: number): number {
  for (let i = packet; i >= Math.max(0, packet - 64); i--) {
    if ((packetSamples[i] ?? 0) % step === 0) return i;
  }
  return packet;
}
