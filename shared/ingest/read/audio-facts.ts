import type { AudioCodec, EncodedPacket, InputAudioTrack } from "mediabunny";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import { type AudioFacts, TICKS_PER_SECOND } from "../../job/job.ts";
import { canonicalLanguage } from "../../job/language.ts";
import { outputSampleRate } from "../../plan/plan.ts";
import { countSamples, pcmFrameBytes } from "./audio-packets.ts";
import { audioGrid, audioOverlaps, gridStep } from "./audio-positions.ts";
import { editedSound, shownEdits } from "./edit-list.ts";
import { hasEdits, withDescriptions } from "./readable-file.ts";
import { type AudioIndex, listPackets, type PacketList } from "./source-index.ts";

export interface AudioTrackProbe {
  facts: AudioFacts;
  /** Start of what is to be heard. What an edit list hides before it is not lost. */
  audibleFromTicks: number;
  /** Where audio is cut off because other audio begins before it has ended, and by how much. */
  overlaps: { atTicks: number; ticks: number }[];
  index: AudioIndex;
}

/** A track's packets before they are put on the timeline, whose zero depends on the video. */
export interface ListedAudio {
  track: InputAudioTrack;
  /** The track's boxes, in files of the ISO family. */
  isoTrack: IsoTrack | undefined;
  packets: PacketList;
  /** Packets at which an edit begins: they start at their own time. */
  joins: readonly number[];
  codec: AudioCodec | null;
  /** Samples of each packet, where they vary. Times do not tell them, because of gaps and rounding. */
  counts: Float64Array | undefined;
  /** Delay, in seconds, that the container's times include and the audio itself does not. */
  delaySeconds: number;
}

export async function listAudio(
  track: InputAudioTrack,
  isoTrack: IsoTrack | undefined,
  container: string,
  signal: AbortSignal,
): Promise<ListedAudio> {
  const codec = await track.getCodec();
  const description = descriptionBytes((await track.getDecoderConfig())?.description);
  const counter = countSamples(codec, description);
  const look = counter === null ? undefined : (packet: EncodedPacket) => counter(packet.data);
  const listed = withDescriptions(await listPackets(track, { signal, look }), isoTrack);
  const edited = hasEdits(isoTrack) ? editedSound(listed, isoTrack) : null;
  const packets = edited?.packets ?? listed;
  const frameBytes = pcmFrameBytes(codec, await track.getNumberOfChannels());
  let counts = counter === null ? undefined : packets.looks;
  if (frameBytes !== null) {
    counts = Float64Array.from(packets.bytes, (bytes) => Math.floor(bytes / frameBytes));
  }
  // Matroska times include what an Opus decoder drops at the start (RFC 7845, 4.2; CodecDelay).
  const delayed = codec === "opus" && (container === "matroska" || container === "webm");
  const delaySeconds = delayed ? opusPreSkip(description) / 48_000 : 0;
  return {
    track,
    isoTrack,
    packets,
    joins: edited?.joins ?? [],
    codec,
    counts,
    delaySeconds,
  };
}

/**
 * Puts a track's packets on the timeline and describes the track.
 * @param position of the track among the source's audio tracks
 * @param zeroSeconds demuxer time of timeline zero
 * @param further the same track, read with each further sample description
 * @returns null for a track without packets
 */
export async function describeAudio(
  listed: ListedAudio,
  position: number,
  zeroSeconds: number,
  further: readonly InputAudioTrack[],
): Promise<AudioTrackProbe | null> {
  const { track, packets, codec, delaySeconds } = listed;
  if (packets.seconds.length === 0) return null;
  const sampleRate = await track.getSampleRate();
  const timing = {
    seconds: packets.seconds.map((at) => at - zeroSeconds - delaySeconds),
    durationSeconds: packets.durationSeconds,
    sampleRate,
    step: gridStep(sampleRate, outputSampleRate(sampleRate)),
    packetSampleCounts: listed.counts,
    codec,
    joins: listed.joins,
  };
  const packetSamples = audioGrid(timing);
  const toTicks = (samples: number) => Math.round((samples * TICKS_PER_SECOND) / sampleRate);
  const span = {
    startTicks: toTicks(packetSamples[0] ?? 0),
    endTicks: toTicks(packetSamples[packetSamples.length - 1] ?? 0),
  };
  const heard = heardSpans(listed.isoTrack, zeroSeconds, span);
  const startTicks = heard?.[0]?.startTicks ?? span.startTicks;
  const [edit] = listed.isoTrack === undefined ? [] : shownEdits(listed.isoTrack);
  const editTicks =
    edit === undefined ? startTicks : (edit.startSeconds - zeroSeconds) * TICKS_PER_SECOND;
  const endTicks = heard?.at(-1)?.endTicks ?? span.endTicks;
  const disposition = await track.getDisposition();
  return {
    audibleFromTicks: Math.max(startTicks, editTicks),
    overlaps: audioOverlaps(timing, packetSamples)
      .map(({ packet, samples }) => {
        return { atTicks: toTicks(packetSamples[packet] ?? 0), ticks: toTicks(samples) };
      })
      .filter(({ ticks }) => ticks > HIDDEN_TICKS),
    facts: {
      track: position,
      codec: ((await track.getCodecParameterString()) ?? codec ?? "unknown").slice(0, 100),
      // Where the number changes within the track, the largest, so that no channel is left out.
      channels: Math.max(...(await Promise.all([track, ...further].map(channelsOf)))),
      sampleRate,
      language: canonicalLanguage(await track.getLanguageCode()),
      title: (await track.getName())?.slice(0, 200) ?? null,
      isDefault: disposition.default,
      startTicks,
      durationTicks: Math.max(0, endTicks - startTicks),
      ...(heard === null ? {} : { heard }),
      ...(packets.descriptions === null ? {} : { mixedFormats: true }),
      ...averageRate(packets, span),
    },
    index: {
      track: position,
      sampleRate,
      packetSeconds: packets.places,
      packetDescriptions: packets.descriptions,
      packetNumbers: packets.numbers,
      packetSamples,
    },
  };
}

interface Span {
  startTicks: number;
  endTicks: number;
}

/** Average bit rate of the packets; empty where they have no duration or no bytes. */
function averageRate(
  { bytes }: PacketList,
  { startTicks, endTicks }: Span,
): Pick<AudioFacts, "bitsPerSecond"> {
  const bits = 8 * bytes.reduce((sum, each) => sum + each, 0);
  if (bits === 0 || endTicks <= startTicks) return {};
  return { bitsPerSecond: Math.round((bits * TICKS_PER_SECOND) / (endTicks - startTicks)) };
}

/** Audio that an edit list hides for a shorter time is the decoder's pre-roll or padding. */
const HIDDEN_TICKS = 0.05 * TICKS_PER_SECOND;

/** The spans in which edits make a track audible; null: all of it, except for a few samples at its ends. */
function heardSpans(track: IsoTrack | undefined, zeroSeconds: number, all: Span): Span[] | null {
  const edits = track === undefined ? [] : shownEdits(track);
  if (edits.length === 0) return null;
  const toTicks = (seconds: number) => Math.round((seconds - zeroSeconds) * TICKS_PER_SECOND);
  const spans = edits.map(({ startSeconds, durationSeconds }) => ({
    startTicks: toTicks(startSeconds),
    endTicks: Math.min(all.endTicks, toTicks(startSeconds + durationSeconds)),
  }));
  const startTicks = spans[0]?.startTicks ?? all.startTicks;
  const endTicks = spans.at(-1)?.endTicks ?? all.endTicks;
  const hidden = Math.max(startTicks - Math.max(0, all.startTicks), all.endTicks - endTicks);
  const hasGap = spans.some((span, i) => span.startTicks > (spans[i - 1]?.endTicks ?? Infinity));
  if (hidden <= HIDDEN_TICKS && !hasGap) return null;
  return spans.filter((span) => span.endTicks > span.startTicks);
}

async function channelsOf(track: InputAudioTrack): Promise<number> {
  const description = descriptionBytes((await track.getDecoderConfig())?.description);
  const said = aacChannels(await track.getCodec(), description);
  return said ?? (await track.getNumberOfChannels());
}

/** Output channels of channelConfiguration 1 to 7 (ISO/IEC 14496-3, table 1.19). */
const AAC_CHANNELS = [null, 1, 2, 3, 4, 5, 6, 8] as const;

/** Channels by the AudioSpecificConfig: sample entries often state 2 where the stream has 6. */
function aacChannels(codec: string | null, config: Uint8Array | null): number | null {
  if (codec !== "aac" || config === null || config.length < 2) return null;
  const bits = ((config[0] ?? 0) << 8) | (config[1] ?? 0);
  // Escaped object types and explicit rates move the field; those are rare and the entry is right.
  if (bits >> 11 === 31 || ((bits >> 7) & 15) === 15) return null;
  return AAC_CHANNELS[(bits >> 3) & 15] ?? null;
}

function opusPreSkip(head: Uint8Array | null): number {
  return head !== null && head.length >= 12 ? (head[10] ?? 0) | ((head[11] ?? 0) << 8) : 0;
}

function descriptionBytes(description: AllowSharedBufferSource | undefined): Uint8Array | null {
  if (description === undefined) return null;
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
}
