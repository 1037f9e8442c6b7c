import { type EncodedPacket, EncodedPacketSink, type InputTrack } from "mediabunny";
import { TICKS_PER_SECOND } from "../../job/job.ts";
import type { FrameTimeline } from "../../plan/plan.ts";

/** Where the demuxer finds the packets of a track, in decode order. */
export interface PacketPlaces {
  /** Presentation time as the demuxer gives it, in seconds. */
  packetSeconds: Float64Array;
  /**
   * The demuxer's number of each packet. Two packets may have the same time, but not the same number. Numbers
   * rise, except where an edit list jumps in the media.
   */
  packetNumbers: Float64Array;
}

/**
 * Index of a source's video packets: their times and places, not their bytes. Flat typed arrays take
 * about 45 bytes a packet.
 */
export interface VideoIndex extends PacketPlaces {
  /** Presentation time on the job's timeline, in whole ticks; negative before the timeline's zero. */
  packetTicks: Float64Array;
  /** 1 where decoding can start. */
  packetIsKey: Uint8Array;
  /** Which of the track's sample descriptions each packet has; null: all have the first. */
  packetDescriptions: Uint8Array | null;
  /** Bytes of each packet. */
  packetBytes: Uint32Array;
  /** 0 for packets that hold no frame of their own: second fields, hidden reference frames. */
  packetHasFrame: Uint8Array;
  /** Position of the packet of each visible frame, in presentation order. */
  framePackets: Uint32Array;
  /** Time of each visible frame, in ticks from the first one, and after them the end of the last. */
  frameTicks: Float64Array;
  /** Demuxer time of timeline zero, in seconds. */
  zeroSeconds: number;
  /** Frame times at which a chunk has to begin, because no decoder can go on past them (`FrameTimeline`). */
  breakTicks: number[];
}

export interface AudioIndex extends PacketPlaces {
  /** Position of the track among the source's audio tracks. */
  track: number;
  sampleRate: number;
  /** Which of the track's sample descriptions each packet has; null: all have the first. */
  packetDescriptions: Uint8Array | null;
  /**
   * First sample of each packet on the job's timeline, in source samples, and after them the end of the last.
   * These are whole numbers counted up from the first packet, so that all runs share one sample grid even
   * where the container rounds times to milliseconds.
   */
  packetSamples: Float64Array;
}

export interface SourceIndex {
  video: VideoIndex;
  /** In the order of `SourceFacts.audio`. */
  audio: AudioIndex[];
}

/** Packets of one track as the demuxer lists them, in decode order. */
export interface PacketList {
  /** Presentation times on the file's clock; may be corrected or edited. */
  seconds: Float64Array;
  /** The demuxer's own times, by which it finds the packets; never corrected. */
  places: Float64Array;
  numbers: Float64Array;
  durationSeconds: Float64Array;
  isKey: Uint8Array;
  bytes: Uint32Array;
  /** Result of `look` for each packet; 1 where it was not called. */
  looks: Float64Array;
  /** 1 for packets that an edit list has decoded but not shown; null: all are shown. */
  hidden: Uint8Array | null;
  /** Which sample description each packet has; null: all have the first. */
  descriptions: Uint8Array | null;
}

export interface ListPacketsOptions {
  signal: AbortSignal;
  /** Called now and then with the time of the packet that was just listed. */
  onTime?: ((seconds: number) => void) | undefined;
  /** Looks into each packet's bytes. Without it, no bytes are read. */
  look?: ((packet: EncodedPacket) => number) | undefined;
}

/** Lists a track's packets without keeping any of them. */
export async function listPackets(
  track: InputTrack,
  { signal, onTime, look }: ListPacketsOptions,
): Promise<PacketList> {
  const seconds = new GrowingArray(Float64Array);
  const numbers = new GrowingArray(Float64Array);
  const durationSeconds = new GrowingArray(Float64Array);
  const isKey = new GrowingArray(Uint8Array);
  const bytes = new GrowingArray(Uint32Array);
  const looks = new GrowingArray(Float64Array);
  const sink = new EncodedPacketSink(track);
  const retrieval = { metadataOnly: look === undefined };
  let count = 0;
  for await (const packet of sink.packets(undefined, undefined, retrieval)) {
    signal.throwIfAborted();
    seconds.push(packet.timestamp);
    numbers.push(packet.sequenceNumber);
    durationSeconds.push(packet.duration);
    isKey.push(packet.type === "key" ? 1 : 0);
    bytes.push(packet.byteLength);
    looks.push(look === undefined ? 1 : look(packet));
    if (++count % 512 === 0) onTime?.(packet.timestamp);
  }
  const times = seconds.take();
  return {
    seconds: times,
    places: times,
    numbers: numbers.take(),
    durationSeconds: durationSeconds.take(),
    isKey: isKey.take(),
    bytes: bytes.take(),
    looks: looks.take(),
    hidden: null,
    descriptions: null,
  };
}

/** The list with only the packets that are kept. */
export function filtered(
  list: PacketList,
  isKept: (value: number, packet: number) => boolean,
): PacketList {
  return {
    seconds: list.seconds.filter(isKept),
    places: list.places.filter(isKept),
    numbers: list.numbers.filter(isKept),
    durationSeconds: list.durationSeconds.filter(isKept),
    isKey: list.isKey.filter(isKept),
    bytes: list.bytes.filter(isKept),
    looks: list.looks.filter(isKept),
    hidden: list.hidden?.filter(isKept) ?? null,
    descriptions: list.descriptions?.filter(isKept) ?? null,
  };
}

/** Edit lists count in the movie's timescale, often milliseconds. */
const EDIT_ROUNDING_TICKS = 0.003 * TICKS_PER_SECOND;

export interface VideoIndexing {
  index: VideoIndex;
  /** Pictures that cannot be decoded because what they refer to is not in the file. */
  undecodableFrames: number;
  /** Pictures whose time another picture already has. */
  doubledFrames: number;
  /** When the first of these is shown; 0 when there is none. */
  doubledTicks: number;
}

/**
 * Finds which pictures are visible, and when. Visible are those from `startSeconds` to `endSeconds` that can be
 * decoded from the first key packet on (pictures that an edit list hides have negative times). Pictures of equal
 * time are shown one after another, a tick apart.
 * @param packets `looks` are 0 for packets without a picture of their own
 * @param lengthSeconds duration of all packets together, if the container states it; else 0
 * @param isStated whether the container states the durations of packets
 * @param joins packets at which the list jumps in the media (`EditedPackets`)
 * @returns null when no picture is visible
 */
export function indexVideo(
  packets: PacketList,
  { startSeconds, endSeconds }: { startSeconds: number; endSeconds: number },
  { lengthSeconds, isStated }: { lengthSeconds: number; isStated: boolean },
  joins: readonly number[] = [],
): VideoIndexing | null {
  const { seconds, isKey, looks, hidden } = packets;
  const firstKey = isKey.indexOf(1);
  if (firstKey === -1) return null;
  const firstKeySeconds = seconds[firstKey] ?? 0;
  let undecodableFrames = 0;
  const seen: number[] = [];
  for (let i = 0; i < seconds.length; i++) {
    const at = seconds[i] ?? 0;
    // Half a microsecond for times computed from integers, which may have rounding errors.
    if (looks[i] === 0 || hidden?.[i] === 1) continue;
    if (at < startSeconds - 5e-7 || at >= endSeconds - 5e-7) continue;
    if (i < firstKey || at < firstKeySeconds) undecodableFrames++;
    else seen.push(i);
  }
  const framePackets = Uint32Array.from(seen).sort(
    (a, b) => (seconds[a] ?? 0) - (seconds[b] ?? 0) || a - b,
  );
  const first = framePackets[0];
  if (first === undefined) return null;
  const zeroSeconds = seconds[first] ?? 0;
  const toTicks = (at: number) => Math.round((at - zeroSeconds) * TICKS_PER_SECOND);
  const packetTicks = seconds.map(toTicks);
  const frameTicks = new Float64Array(framePackets.length + 1);
  let doubledFrames = 0;
  let doubledTicks = 0;
  for (const [i, packet] of framePackets.entries()) {
    const earliest = i === 0 ? 0 : (frameTicks[i - 1] ?? 0) + 1;
    const at = packetTicks[packet] ?? 0;
    if (at < earliest) {
      if (doubledFrames++ === 0) doubledTicks = earliest;
      packetTicks[packet] = earliest;
    }
    frameTicks[i] = Math.max(at, earliest);
  }
  const lastPacket = framePackets[framePackets.length - 1] ?? 0;
  const lastTicks = frameTicks[framePackets.length - 1] ?? 0;
  const statedTicks = statedLastTicks(packets, lastPacket, lengthSeconds);
  const lastFrameTicks = lastFrameDuration(frameTicks.subarray(0, -1), statedTicks, isStated);
  // An edit may end within the last frame; a few milliseconds are the rounding of its duration.
  const byEdit = Number.isFinite(endSeconds) ? toTicks(endSeconds) - lastTicks : lastFrameTicks;
  const cutShort = byEdit > 0 && lastFrameTicks - byEdit > EDIT_ROUNDING_TICKS;
  frameTicks[framePackets.length] = lastTicks + (cutShort ? byEdit : lastFrameTicks);
  return {
    index: {
      packetSeconds: packets.places,
      packetNumbers: packets.numbers,
      packetTicks,
      packetIsKey: isKey,
      packetDescriptions: packets.descriptions,
      packetBytes: packets.bytes,
      packetHasFrame: Uint8Array.from(looks, (look) => (look === 0 ? 0 : 1)),
      framePackets,
      frameTicks,
      zeroSeconds,
      breakTicks: breakTicks(packets, packetTicks, framePackets, joins),
    },
    undecodableFrames,
    doubledFrames,
    doubledTicks,
  };
}

/**
 * How long the last frame is shown according to the container, in ticks. In an mp4, a sample's duration is the time
 * until the next one is decoded. So with B-frames, the time that is left stands in the sample decoded last.
 */
function statedLastTicks(
  { seconds, durationSeconds }: PacketList,
  lastPacket: number,
  lengthSeconds: number,
): number {
  let stated = durationSeconds[lastPacket] ?? 0;
  if (lastPacket !== seconds.length - 1) {
    const first = seconds.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    stated = Math.max(stated, first + lengthSeconds - (seconds[lastPacket] ?? 0));
  }
  return stated * TICKS_PER_SECOND;
}

/** Times of the first frames after joins, and after key packets that begin another sample description. */
function breakTicks(
  { descriptions, isKey }: PacketList,
  packetTicks: Float64Array,
  framePackets: Uint32Array,
  joins: readonly number[],
): number[] {
  const breaks = new Set(joins);
  for (let i = 1; descriptions !== null && i < isKey.length; i++) {
    if (isKey[i] === 1 && descriptions[i] !== descriptions[i - 1]) breaks.add(i);
  }
  const sorted = [...breaks].sort((a, b) => a - b);
  const ticks: number[] = [];
  for (const [nth, from] of sorted.entries()) {
    const until = sorted[nth + 1] ?? isKey.length;
    const first = framePackets.find((packet) => packet >= from && packet < until);
    const at = first === undefined ? 0 : (packetTicks[first] ?? 0);
    if (at > (ticks.at(-1) ?? 0)) ticks.push(at);
  }
  return ticks;
}

/** Ticks of the last frame: as stated, unless that is missing or implausible; then as long as a usual frame. */
function lastFrameDuration(
  frameTicks: Float64Array,
  statedTicks: number,
  isStated: boolean,
): number {
  const gaps = frameTicks
    .slice(1)
    .map((at, i) => at - (frameTicks[i] ?? 0))
    .sort();
  const usual = gaps[gaps.length >> 1] ?? TICKS_PER_SECOND / 25;
  const stated = Math.round(statedTicks);
  // Where a demuxer can only guess, a usual frame is the better guess.
  const longest = isStated ? Number.POSITIVE_INFINITY : 2 * usual;
  return stated >= Math.min(usual / 2, SHORTEST_STATED_TICKS) && stated <= longest ? stated : usual;
}

/** A stated duration of the last frame that is shorter than this counts as unknown. */
const SHORTEST_STATED_TICKS = 0.02 * TICKS_PER_SECOND;

/** The part of an index that the planner needs. */
export function frameTimeline(video: VideoIndex): FrameTimeline {
  const keyTicks: number[] = [];
  for (let i = 0; i < video.packetIsKey.length; i++) {
    if (video.packetIsKey[i] === 1) keyTicks.push(video.packetTicks[i] ?? 0);
  }
  keyTicks.sort((a, b) => a - b);
  const frameBytes = Float64Array.from(video.framePackets, (packet) => {
    return video.packetBytes[packet] ?? 0;
  });
  const { frameTicks, breakTicks } = video;
  return { frameTicks, keyTicks, frameBytes, breakTicks };
}

type NumberArray = Float64Array | Uint32Array | Uint8Array;

/** A typed array that doubles as it fills. */
class GrowingArray<T extends NumberArray> {
  readonly #make: new (
    length: number,
  ) => T;
  #values: T;
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#values = new make(1024);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new this.#make(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** The values, in an array of exactly their number. */
  take(): T {
    return this.#values.slice(0, this.#length) as T;
  }
}
