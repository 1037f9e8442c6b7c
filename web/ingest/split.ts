import {
  type AudioCodec,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  type InputAudioTrack,
  type InputVideoTrack,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { TributaryError } from "../../shared/errors.ts";
import {
  AAC_FRAME_SAMPLES,
  audioFrameAt,
  type Segment,
  segmentDurationTicks,
  TICKS_PER_SECOND,
} from "../../shared/job.ts";
import { gridStep } from "./audio-grid.ts";
import { withParameterSets } from "./parameter-sets.ts";
import { type Sample, writeSampleFile } from "./sample-file.ts";
import { type AudioIndex, packetTicks, type VideoIndex } from "./source-index.ts";

/** A cut piece of the source and where it lies; `ChunkInfo` without the task. */
export interface CutPiece {
  bytes: ArrayBuffer;
  baseTicks: number;
  trimStartTicks: number;
  trimEndTicks: number;
}

/** Which packets a run of segments needs, in decode order, and what to keep of what they decode to. */
export interface VideoCut {
  firstPacket: number;
  /** Excluded. */
  endPacket: number;
  baseTicks: number;
  trimStartTicks: number;
  trimEndTicks: number;
}

/**
 * From the last key packet shown at or before the run to the last packet, in decode order, of a
 * frame of the run. With open GOPs this takes in the next key frame by itself, where frames of the
 * run refer to it. What is shown outside the run is trimmed half-way between neighbouring frames.
 */
export function planVideoCut(video: VideoIndex, segments: readonly Segment[]): VideoCut {
  const { startTicks, endTicks } = spanOf(segments);
  const firstFrame = lowerBound(video.frameTicks, startTicks);
  const endFrame = Math.min(lowerBound(video.frameTicks, endTicks), video.framePackets.length);
  const firstPacket = keyPacketFor(video, video.framePackets[firstFrame] ?? 0, startTicks);
  let endPacket = firstPacket + 1;
  for (let frame = firstFrame; frame < endFrame; frame++) {
    endPacket = Math.max(endPacket, (video.framePackets[frame] ?? 0) + 1);
  }
  // The second field of the last frame.
  while (endPacket < video.packetHasFrame.length && video.packetHasFrame[endPacket] === 0)
    endPacket++;
  let baseTicks = startTicks;
  let beforeTicks = Number.NEGATIVE_INFINITY;
  let afterTicks = Number.POSITIVE_INFINITY;
  for (let packet = firstPacket; packet < endPacket; packet++) {
    const at = packetTicks(video, packet);
    baseTicks = Math.min(baseTicks, at);
    if (at < startTicks) beforeTicks = Math.max(beforeTicks, at);
    else if (at >= endTicks) afterTicks = Math.min(afterTicks, at);
  }
  const lastTicks = video.frameTicks[endFrame - 1] ?? endTicks;
  const trimStartTicks =
    beforeTicks === Number.NEGATIVE_INFINITY ? startTicks - 1 : middle(beforeTicks, startTicks);
  const trimEndTicks =
    afterTicks === Number.POSITIVE_INFINITY ? endTicks : middle(lastTicks, afterTicks);
  return { firstPacket, endPacket, baseTicks, trimStartTicks, trimEndTicks };
}

/** The key packet shown last at or before a time, of those decoded no later than a packet. */
function keyPacketFor(video: VideoIndex, packet: number, atTicks: number): number {
  let best = -1;
  for (let i = packet; i >= 0; i--) {
    if (video.packetIsKey[i] !== 1 || packetTicks(video, i) > atTicks) continue;
    best = i;
    break;
  }
  return best === -1 ? Math.max(0, video.packetIsKey.indexOf(1)) : best;
}

/**
 * Copies packets into an mp4 of their own; nothing is decoded.
 * @param sampleDescriptions the track's `stsd`, for codecs that mediabunny does not know
 */
export async function cutVideo(
  track: InputVideoTrack,
  video: VideoIndex,
  sampleDescriptions: Uint8Array | null,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<CutPiece> {
  const cut = planVideoCut(video, segments);
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) {
    if (sampleDescriptions === null) throw unreadable("The codec is not known.");
    return copySamples(track, video, cut, sampleDescriptions, signal);
  }
  const output = new Output({
    // Not "fragmented": ffmpeg 5.1 shifts such files by their negative composition offsets.
    format: new Mp4OutputFormat({ fastStart: "in-memory" }),
    target: new BufferTarget(),
  });
  const source = new EncodedVideoPacketSource(codec);
  // The rate only sets the track's timescale: times stay whole ticks.
  output.addVideoTrack(source, {
    rotation: await track.getRotation(),
    frameRate: TICKS_PER_SECOND,
  });
  await output.start();
  let at = cut.firstPacket;
  for await (const packet of packetsFrom(
    track,
    video.packetSeconds,
    cut.firstPacket,
    cut.endPacket,
  )) {
    signal.throwIfAborted();
    const first = at === cut.firstPacket;
    const shown = packetTicks(video, at) - cut.baseTicks;
    const data = first ? await withParameterSets(track, packet.data) : packet.data;
    await source.add(
      new EncodedPacket(
        data,
        first ? "key" : packet.type,
        shown / TICKS_PER_SECOND,
        Math.max(0, packet.duration),
        at - cut.firstPacket,
      ),
      first ? { decoderConfig } : undefined,
    );
    at++;
  }
  await output.finalize();
  const { baseTicks, trimStartTicks, trimEndTicks } = cut;
  return { bytes: finished(output.target.buffer), baseTicks, trimStartTicks, trimEndTicks };
}

async function copySamples(
  track: InputVideoTrack,
  video: VideoIndex,
  cut: VideoCut,
  sampleDescriptions: Uint8Array,
  signal: AbortSignal,
): Promise<CutPiece> {
  const samples: Sample[] = [];
  const packets = packetsFrom(track, video.packetSeconds, cut.firstPacket, cut.endPacket);
  for await (const packet of packets) {
    signal.throwIfAborted();
    const at = cut.firstPacket + samples.length;
    samples.push({
      bytes: packet.data,
      ticks: packetTicks(video, at) - cut.baseTicks,
      isKey: video.packetIsKey[at] === 1,
    });
  }
  const bytes = writeSampleFile({
    sampleDescriptions,
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    rotation: await track.getRotation(),
    samples,
  });
  const { baseTicks, trimStartTicks, trimEndTicks } = cut;
  return { bytes, baseTicks, trimStartTicks, trimEndTicks };
}

/** Decoded before the run and thrown away: overlap, bit reservoirs and predictors settle in it. */
const PRE_ROLL_SECONDS = 0.2;
const POST_ROLL_SECONDS = 0.1;
/** Of the AAC encoder, in its frames. */
const ENCODER_PRE_ROLL_FRAMES = 4;
const ENCODER_POST_ROLL_FRAMES = 2;

/**
 * Packets of a run of audio segments with all the pre-roll that decoder and encoder need.
 *
 * The chunk's time 0 lies on the timeline at a whole number of source samples, and of samples of the
 * rendition: round(baseTicks * rate / 90,000) is exact for rates up to 90 kHz. Whoever places samples
 * by that number and the chunk's own times puts all runs on one sample grid. Times are continuous
 * but for real gaps of the source; the first packets may decode to nothing (Vorbis, AAC priming).
 *
 * A run that the source has no sound for still gets its nearest packets, all outside the trim.
 */
export async function cutAudio(
  track: InputAudioTrack,
  audio: AudioIndex,
  outputSampleRate: number,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<CutPiece> {
  const { sampleRate, packetSamples, packetSeconds } = audio;
  const { startTicks, endTicks } = spanOf(segments);
  const toSource = (outputSamples: number) => (outputSamples * sampleRate) / outputSampleRate;
  const startFrame = audioFrameAt(startTicks, outputSampleRate) - ENCODER_PRE_ROLL_FRAMES;
  const endFrame = audioFrameAt(endTicks, outputSampleRate) + ENCODER_POST_ROLL_FRAMES;
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
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) throw unreadable("The codec is not known.");
  const output = new Output({ format: audioFormat(codec), target: new BufferTarget() });
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source);
  await output.start();
  const base = packetSamples[firstPacket] ?? 0;
  let at = firstPacket;
  for await (const packet of packetsFrom(track, packetSeconds, firstPacket, endPacket)) {
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
  return {
    bytes: finished(output.target.buffer),
    baseTicks: Math.round((base * TICKS_PER_SECOND) / sampleRate),
    trimStartTicks: Math.floor(
      (startFrame * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / outputSampleRate,
    ),
    trimEndTicks: Math.ceil((endFrame * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / outputSampleRate),
  };
}

/** ffmpeg 5.1 knows PCM in QuickTime files, not in mp4. */
function audioFormat(codec: AudioCodec): Mp4OutputFormat | MovOutputFormat {
  const options = { fastStart: "in-memory" } as const;
  return /^(pcm-|ulaw|alaw)/.test(codec)
    ? new MovOutputFormat(options)
    : new Mp4OutputFormat(options);
}

/** A chunk is no start of a stream: nothing of it is to be skipped (RFC 7845, 5.1). */
function withoutPreSkip(codec: AudioCodec, config: AudioDecoderConfig): AudioDecoderConfig {
  if (codec !== "opus" || config.description === undefined) return config;
  const given = config.description;
  const head = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice()
    : new Uint8Array(given).slice();
  if (head.length >= 12) head.fill(0, 10, 12);
  return { ...config, description: head };
}

/** Back from a packet to one that begins on a whole sample of the output; a few packets at most. */
function onWholeOutputSample(packetSamples: Float64Array, packet: number, step: number): number {
  for (let i = packet; i >= Math.max(0, packet - 64); i--) {
    if ((packetSamples[i] ?? 0) % step === 0) return i;
  }
  return packet;
}

/**
 * Packets by their position in decode order.
 * @throws TributaryError CHUNK_UNREADABLE when the file does not hold what the index says
 */
async function* packetsFrom(
  track: InputVideoTrack | InputAudioTrack,
  packetSeconds: Float64Array,
  first: number,
  end: number,
): AsyncGenerator<EncodedPacket> {
  const sink = new EncodedPacketSink(track);
  const wanted = packetSeconds[first] ?? 0;
  // Packets of one time (lacing): the demuxer finds the last of them, so start before and skip.
  let from = first;
  while (from > 0 && packetSeconds[from - 1] === wanted) from--;
  let start = from === first ? await sink.getPacket(wanted) : null;
  if (start === null || start.timestamp !== wanted) {
    from = Math.max(0, from - 1);
    start =
      from === 0 ? await sink.getFirstPacket() : await sink.getPacket(packetSeconds[from] ?? 0);
  }
  if (start === null || start.timestamp !== packetSeconds[from]) {
    throw unreadable("The packets are not where they were when the file was opened.");
  }
  let at = from;
  for await (const packet of sink.packets(start)) {
    if (packet.timestamp !== packetSeconds[at]) {
      throw unreadable("The packets are not as they were when the file was opened.");
    }
    if (at >= first) yield packet;
    if (++at >= end) return;
  }
  throw unreadable("The file ends before the packets that it lists.");
}

function unreadable(message: string): TributaryError {
  return new TributaryError("CHUNK_UNREADABLE", message, { retryable: false });
}

function finished(buffer: ArrayBuffer | null): ArrayBuffer {
  if (buffer === null) throw unreadable("The chunk could not be written.");
  return buffer;
}

export function spanOf(segments: readonly Segment[]): { startTicks: number; endTicks: number } {
  const last = segments.at(-1);
  return {
    startTicks: segments[0]?.startTicks ?? 0,
    endTicks: last === undefined ? 0 : last.startTicks + segmentDurationTicks(last),
  };
}

/** First position whose value is at least the wanted one. */
function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const between = (low + high) >> 1;
    if ((sorted[between] ?? 0) < wanted) low = between + 1;
    else high = between;
  }
  return low;
}

function middle(a: number, b: number): number {
  return Math.ceil((a + b) / 2);
}
