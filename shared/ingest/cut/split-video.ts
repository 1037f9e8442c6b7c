import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  type InputVideoTrack,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { type Segment, TICKS_PER_SECOND } from "../../job/job.ts";
import { packetsFrom } from "../read/packet-reader.ts";
import type { VideoIndex } from "../read/source-index.ts";
import { type CutPiece, finished, lowerBound, spanOf, unreadable } from "./cut-piece.ts";
import { withOwnParameterSets, withParameterSets } from "./parameter-sets.ts";
import { type Sample, writeSampleFile } from "./sample-file.ts";

/** Which packets a run of segments needs, in decode order, and which of their decoded frames are kept. */
export interface VideoCut {
  firstPacket: number;
  /** Excluded. */
  endPacket: number;
  /** When a packet's frame is shown in this cut, on the job's timeline. */
  ticksOf: (packet: number) => number;
  baseTicks: number;
  trimStartTicks: number;
  trimEndTicks: number;
}

/**
 * Plans which packets to cut: from the last key packet that is shown at or before the run, to the last packet,
 * in decode order, that holds a frame of the run. With open GOPs this includes the next key frame if frames of
 * the run refer to it. Frames outside the run are trimmed, half-way between neighbouring frames.
 */
export function planVideoCut(
  video: VideoIndex,
  segments: readonly Segment[],
  frameStep: number,
): VideoCut {
  const { startTicks, endTicks } = spanOf(segments);
  const nextFrame = lowerBound(video.frameTicks, startTicks);
  const held = segments[0]?.repeatsFrame === true;
  const firstFrame = held ? Math.max(0, nextFrame - 1 - ((nextFrame - 1) % frameStep)) : nextFrame;
  const endFrame = Math.min(lowerBound(video.frameTicks, endTicks), video.framePackets.length);
  // A held frame is shown from the cut's start on; frames that `frameStep` leaves out come right after it.
  const shownTicks = new Map<number, number>();
  for (let frame = firstFrame; frame < nextFrame; frame++)
    shownTicks.set(video.framePackets[frame] ?? 0, startTicks + frame - firstFrame);
  const ticksOf = (packet: number) => shownTicks.get(packet) ?? video.packetTicks[packet] ?? 0;
  const firstPacket = keyPacketFor(video, video.framePackets[firstFrame] ?? 0, startTicks);
  // Frames that `frameStep` leaves out may lie after the break; they are not cut.
  const breakTicks = video.breakTicks.find((at) => at > startTicks) ?? Number.POSITIVE_INFINITY;
  let endPacket = firstPacket + 1;
  const isBefore = (frame: number) => (video.frameTicks[frame] ?? 0) < breakTicks;
  for (let frame = firstFrame; frame < endFrame && isBefore(frame); frame++) {
    endPacket = Math.max(endPacket, (video.framePackets[frame] ?? 0) + 1);
  }
  // Packets without a frame of their own belong to the frame before, such as second fields.
  while (endPacket < video.packetHasFrame.length && video.packetHasFrame[endPacket] === 0)
    endPacket++;
  let baseTicks = startTicks;
  let beforeTicks = Number.NEGATIVE_INFINITY;
  let afterTicks = Number.POSITIVE_INFINITY;
  for (let packet = firstPacket; packet < endPacket; packet++) {
    const at = ticksOf(packet);
    baseTicks = Math.min(baseTicks, at);
    if (at < startTicks) beforeTicks = Math.max(beforeTicks, at);
    else if (at >= endTicks) afterTicks = Math.min(afterTicks, at);
  }
  const lastTicks = video.frameTicks[endFrame - 1] ?? endTicks;
  const trimStartTicks =
    beforeTicks === Number.NEGATIVE_INFINITY ? startTicks - 1 : middle(beforeTicks, startTicks);
  const trimEndTicks =
    afterTicks === Number.POSITIVE_INFINITY ? endTicks : middle(lastTicks, afterTicks);
  return { firstPacket, endPacket, ticksOf, baseTicks, trimStartTicks, trimEndTicks };
}

/** The last key packet, up to this one in decode order, that is shown at or before a time. */
function keyPacketFor(video: VideoIndex, packet: number, atTicks: number): number {
  let best = -1;
  for (let i = packet; i >= 0; i--) {
    if (video.packetIsKey[i] !== 1 || (video.packetTicks[i] ?? 0) > atTicks) continue;
    best = i;
    break;
  }
  return best === -1 ? Math.max(0, video.packetIsKey.indexOf(1)) : best;
}

/**
 * Copies packets into an mp4 of their own; nothing is decoded.
 * @param tracks the track, read with each of its sample descriptions
 * @param sampleDescriptions the track's `stsd`, for codecs that mediabunny does not know
 * @param frameStep every n-th frame of the plan is kept
 */
export async function cutVideo(
  tracks: readonly InputVideoTrack[],
  video: VideoIndex,
  sampleDescriptions: Uint8Array | null,
  segments: readonly Segment[],
  frameStep: number,
  signal: AbortSignal,
): Promise<CutPiece> {
  const cut = planVideoCut(video, segments, frameStep);
  const track = trackOf(tracks, video, cut.firstPacket);
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
    ...((await track.getFlip()) ? { flip: true } : {}),
    frameRate: TICKS_PER_SECOND,
  });
  await output.start();
  const restarts = restartPackets(video, cut);
  let at = cut.firstPacket;
  for await (const packet of packetsFrom(track, video, cut.firstPacket, cut.endPacket)) {
    signal.throwIfAborted();
    const first = at === cut.firstPacket;
    const shown = cut.ticksOf(at) - cut.baseTicks;
    const own = trackOf(tracks, video, at);
    const changes = own !== (first ? track : trackOf(tracks, video, at - 1));
    let { data } = packet;
    if (first) data = await withParameterSets(own, data);
    else if (changes) data = await withOwnParameterSets(own, data);
    await source.add(
      new EncodedPacket(
        data,
        first || restarts.has(at) ? "key" : "delta",
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

function trackOf(
  tracks: readonly InputVideoTrack[],
  { packetDescriptions }: VideoIndex,
  packet: number,
): InputVideoTrack {
  const track = tracks[packetDescriptions?.[packet] ?? 0] ?? tracks[0];
  if (track === undefined) throw unreadable("The source has no such track.");
  return track;
}

/**
 * Key packets of a cut that are, like all packets after them, shown later than every packet before. The muxer
 * refuses other key packets, and files exist that flag each packet as key, or whose times jump back. Decoding
 * starts at the first packet in any case.
 */
function restartPackets(
  video: VideoIndex,
  { firstPacket, endPacket, ticksOf }: VideoCut,
): Set<number> {
  const earliestFrom = new Float64Array(endPacket - firstPacket + 1).fill(Number.POSITIVE_INFINITY);
  for (let at = endPacket - 1; at >= firstPacket; at--) {
    const later = earliestFrom[at + 1 - firstPacket] ?? 0;
    earliestFrom[at - firstPacket] = Math.min(later, ticksOf(at));
  }
  const restarts = new Set<number>();
  let latest = Number.NEGATIVE_INFINITY;
  for (let at = firstPacket; at < endPacket; at++) {
    if (video.packetIsKey[at] === 1 && (earliestFrom[at - firstPacket] ?? 0) > latest) {
      restarts.add(at);
    }
    latest = Math.max(latest, ticksOf(at));
  }
  return restarts;
}

async function copySamples(
  track: InputVideoTrack,
  video: VideoIndex,
  cut: VideoCut,
  sampleDescriptions: Uint8Array,
  signal: AbortSignal,
): Promise<CutPiece> {
  const samples: Sample[] = [];
  const packets = packetsFrom(track, video, cut.firstPacket, cut.endPacket);
  for await (const packet of packets) {
    signal.throwIfAborted();
    const at = cut.firstPacket + samples.length;
    samples.push({
      bytes: packet.data,
      ticks: cut.ticksOf(at) - cut.baseTicks,
      isKey: video.packetIsKey[at] === 1,
    });
  }
  const bytes = writeSampleFile({
    sampleDescriptions,
    kind: "video",
    timescale: TICKS_PER_SECOND,
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    rotation: await track.getRotation(),
    isMirrored: await track.getFlip(),
    samples,
  });
  const { baseTicks, trimStartTicks, trimEndTicks } = cut;
  return { bytes, baseTicks, trimStartTicks, trimEndTicks };
}

function middle(a: number, b: number): number {
  return Math.ceil((a + b) / 2);
}
