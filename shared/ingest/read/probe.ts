import {
  BlobSource,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from "mediabunny";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import { TributaryError } from "../../job/errors.ts";
import { type AudioFacts, type SourceFacts, TICKS_PER_SECOND } from "../../job/job.ts";
import { clock } from "../../job/ticks.ts";
import { frameStepFor, TARGET_SEGMENT_TICKS } from "../../plan/plan.ts";
import { keepSequenceHeader } from "../cut/parameter-sets.ts";
import { type AudioTrackProbe, describeAudio, type ListedAudio, listAudio } from "./audio-facts.ts";
import { editedPictures, shownEdits } from "./edit-list.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { dropMissingEnd } from "./missing-end.ts";
import { lookAtPictures, type PictureTest, pictureTest, withoutNothing } from "./pictures.ts";
import { hasEdits, withDescriptions } from "./readable-file.ts";
import {
  indexVideo,
  listPackets,
  type PacketList,
  type SourceIndex,
  type VideoIndex,
  type VideoIndexing,
} from "./source-index.ts";
import { straighten } from "./splices.ts";
import {
  type H264Stream,
  type PictureFacts,
  readH264Stream,
  readPictureFacts,
} from "./video-facts.ts";

// What it does not know is handed to ffmpeg: nothing to tell people in the console.
Logging.level = LogLevel.Errors;

/** Containers that mediabunny reads and that hold pictures. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

const CONTAINER_NAMES: Record<string, string> = {
  MP4: "mp4",
  "QuickTime File Format": "mov",
  Matroska: "matroska",
  WebM: "webm",
  "MPEG Transport Stream": "mpegts",
};

/** Read ahead at most this much of the file: indexes are small, chunks are read once. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** A file opened for reading; no packet was looked at yet. */
export interface OpenedFile {
  input: Input;
  /** Share of the file up to the furthest byte that was read, 0..1. */
  readShare(): number;
  container: string;
  video: InputVideoTrack | null;
  audio: InputAudioTrack[];
}

/** What a file is and where its packets are. */
export interface ProbedFile {
  /** Without name, size and fingerprint: those are of the picked file. */
  facts: Omit<SourceFacts, "name" | "sizeBytes" | "fingerprint">;
  index: SourceIndex;
  video: InputVideoTrack;
  /** The same track, as each of its sample descriptions has it; the first is often the only one. */
  videoTracks: InputVideoTrack[];
  /** In the order of `facts.audio`. */
  audio: { track: InputAudioTrack; sampleDescriptions: Uint8Array | null }[];
  /** The video track's `stsd` where its codec is one that only ffmpeg knows; chunks copy it. */
  sampleDescriptions: Uint8Array | null;
}

/** @returns null when mediabunny does not know the format */
export async function openFile(file: Blob): Promise<OpenedFile | null> {
  // A file that goes away between two reads shows in the next one.
  const source = new BlobSource(file, {
    maxCacheSize: CACHE_BYTES,
    handleUnhandledError: () => {},
  });
  let readBytes = 0;
  source.on("read", ({ end }) => {
    readBytes = Math.max(readBytes, end);
  });
  const input = new Input({ source, formats: FORMATS });
  try {
    if (!(await input.canRead())) {
      input.dispose();
      return null;
    }
    const format = await input.getFormat();
    return {
      input,
      readShare: () => Math.min(1, readBytes / file.size),
      container: CONTAINER_NAMES[format.name] ?? format.name.toLowerCase().slice(0, 40),
      video: await pictureTrack(input),
      audio: await input.getAudioTracks(),
    };
  } catch {
    input.dispose();
    return null;
  }
}

/** The primary track, or the first with a codec that is known where that one's is not (cover pictures). */
async function pictureTrack(input: Input): Promise<InputVideoTrack | null> {
  const primary = await input.getPrimaryVideoTrack();
  if (primary === null || (await primary.getCodec()) !== null) return primary;
  for (const track of await input.getVideoTracks()) {
    if ((await track.getCodec()) !== null) return track;
  }
  return primary;
}

export interface ProbeOptions {
  file: Blob;
  layout: IsoLayout | null;
  signal: AbortSignal;
  onProgress?: ((progress: number) => void) | undefined;
  /** Where the sound is read from, when not from the file itself. */
  sound?: OpenedFile | undefined;
  /** The file as the further sample descriptions of its tracks have it (`readable-file.ts`). */
  described?: readonly OpenedFile[] | undefined;
}

/**
 * Indexes a file with a video track.
 * @throws TributaryError SOURCE_NO_VIDEO, SOURCE_TRUNCATED, SOURCE_CORRUPT
 */
export async function probeFile(
  opened: OpenedFile & { video: InputVideoTrack },
  options: ProbeOptions,
): Promise<ProbedFile> {
  const { video, container } = opened;
  const { file, layout, signal, onProgress } = options;
  const warnings: string[] = [];
  const h264 = await readH264Stream(video, signal);
  const listed = await listTracks(opened, h264, options);
  const incomplete = await dropMissingEnd(file, layout, [listed.video, ...listed.audio]);
  if (incomplete !== null) warnings.push(incomplete);
  const isoTrack = layout?.tracks.find((track) => track.id === video.id);
  const { test } = listed.video;
  if (test !== null) await lookAtPictures(video, listed.video.packets, test, signal);
  const packets = withoutNothing(listed.video.packets);
  if (!hasEdits(isoTrack)) {
    warnings.push(
      ...straighten(
        packets,
        listed.audio.map((one) => one.packets),
      ),
    );
  }
  const edited = hasEdits(isoTrack) ? editedPictures(packets, isoTrack) : null;
  const window = edited === null ? visibleWindow(container, isoTrack, layout) : EVERYTHING;
  const indexing = indexVideo(
    edited?.packets ?? packets,
    window,
    {
      lengthSeconds: edited === null ? lengthSeconds(isoTrack) : 0,
      isStated: container !== "mpegts",
    },
    edited?.joins,
  );
  if (indexing === null) {
    throw new TributaryError(
      "SOURCE_NO_VIDEO",
      "The file has a video track, but no picture in it that can be shown.",
    );
  }
  warnOfLostFrames(indexing, warnings);
  const { index } = indexing;
  const frames = index.framePackets.length;
  const frameRate = meanFrameRate(index.frameTicks);
  const frameStep = frameStepFor(frameRate);
  if (frameStep > 1) {
    warnings.push(
      `The source has ${Math.round(frameRate)} frames a second; every ${ordinal(frameStep)} is kept.`,
    );
  }
  const zeroSeconds = window.shownFromSeconds ?? index.zeroSeconds;
  const audio: (AudioTrackProbe & ProbedFile["audio"][number])[] = [];
  for (const [position, one] of listed.audio.entries()) {
    const probed = await describeAudio(one, position, zeroSeconds);
    if (probed === null) continue;
    const { track, isoTrack } = one;
    const changes = probed.index.packetDescriptions !== null;
    const sampleDescriptions = changes ? (isoTrack?.sampleDescriptions ?? null) : null;
    audio.push({ track, sampleDescriptions, ...probed });
    warnOfLostSound(probed, listed.audio.length, warnings);
  }
  const durationTicks = holdLastFrame(index, audio, warnings);
  onProgress?.(1);
  if (isoTrack !== undefined) keepSequenceHeader(video, av1ConfigObus(isoTrack.sampleDescriptions));
  const videoTracks = [video, ...tracksOf(options.described, video.id)];
  const picture = await readPictures(videoTracks, h264, signal);
  return {
    facts: {
      container,
      durationTicks,
      video: {
        ...picture,
        frames,
        frameRate,
        frameStep,
        bitsPerSecond: bitRate(index, durationTicks),
      },
      audio: audio.map((one) => one.facts),
      warnings,
    },
    index: { video: index, audio: audio.map((one) => one.index) },
    video,
    videoTracks,
    audio: audio.map(({ track, sampleDescriptions }) => ({ track, sampleDescriptions })),
    sampleDescriptions:
      (await video.getCodec()) === null ? sampleDescriptions(video, layout) : null,
  };
}

/** configOBUs of an `av1C` (AV1 codec ISO media file format binding, 2.3.3); empty where there is none. */
function av1ConfigObus(sampleDescriptions: Uint8Array): Uint8Array {
  for (let at = 4; at + 8 < sampleDescriptions.length; at++) {
    const type = String.fromCharCode(...sampleDescriptions.subarray(at, at + 4));
    if (type !== "av1C") continue;
    const size = new DataView(sampleDescriptions.buffer, sampleDescriptions.byteOffset).getUint32(
      at - 4,
    );
    return sampleDescriptions.slice(at + 8, at - 4 + size);
  }
  return new Uint8Array(0);
}

/** null when the container is not of the ISO family. */
export function sampleDescriptions(track: InputTrack, layout: IsoLayout | null): Uint8Array | null {
  return layout?.tracks.find((one) => one.id === track.id)?.sampleDescriptions ?? null;
}

/** All samples of a track one after the other; 0 where the container does not say it. */
function lengthSeconds(track: IsoTrack | undefined): number {
  if (track === undefined) return 0;
  const { decodeRuns, timescale } = track;
  let ticks = 0;
  for (let run = 0; run < decodeRuns.length; run += 2)
    ticks += (decodeRuns[run] ?? 0) * (decodeRuns[run + 1] ?? 0);
  return ticks / timescale;
}

interface VisibleWindow {
  startSeconds: number;
  endSeconds: number;
  /**
   * Demuxer time at which the first picture is shown, when that is not its own time. An edit may
   * start between two pictures; libavformat then moves the first whole one to the edit's start
   * (mov_fix_index), sound stays, and so every browser on libavformat shows it. null: its own time.
   */
  shownFromSeconds: number | null;
}

const EVERYTHING: VisibleWindow = {
  startSeconds: Number.NEGATIVE_INFINITY,
  endSeconds: Number.POSITIVE_INFINITY,
  shownFromSeconds: null,
};

/**
 * Where pictures are hidden: before time 0 in files with edit lists (mediabunny has applied their
 * offset), and after the end of the edit. Other containers have no such thing and may start anywhere.
 */
function visibleWindow(
  container: string,
  track: IsoTrack | undefined,
  layout: IsoLayout | null,
): VisibleWindow {
  if (container !== "mp4" && container !== "mov") return EVERYTHING;
  const [edit] = track === undefined ? [] : shownEdits(track);
  // Fragmented files state 0: as long as it lasts (14496-12, 8.6.6.1).
  if (edit === undefined || layout?.fragmented === true || edit.durationSeconds === Infinity) {
    return { ...EVERYTHING, startSeconds: 0 };
  }
  const { startSeconds, durationSeconds } = edit;
  return {
    startSeconds: 0,
    endSeconds: startSeconds + durationSeconds,
    shownFromSeconds: startSeconds,
  };
}

function tracksOf(described: readonly OpenedFile[] | undefined, id: number): InputVideoTrack[] {
  return (described ?? []).flatMap(({ video }) => (video?.id === id ? [video] : []));
}

/** The largest of a track's pictures: what the ladder is made for. */
async function readPictures(
  tracks: readonly InputVideoTrack[],
  h264: H264Stream | null,
  signal: AbortSignal,
): Promise<PictureFacts & { mixedShapes?: boolean }> {
  const all: PictureFacts[] = [];
  for (const [i, track] of tracks.entries()) {
    all.push(await readPictureFacts(track, i === 0 ? h264 : await readH264Stream(track, signal)));
  }
  const largest = all.reduce((a, b) =>
    b.displayWidth * b.displayHeight > a.displayWidth * a.displayHeight ? b : a,
  );
  const shape = largest.displayWidth / largest.displayHeight;
  const isMixed = all.some(
    (one) => Math.abs(one.displayWidth / one.displayHeight / shape - 1) > SAME_SHAPE_WITHIN,
  );
  const interlaced = all.some((one) => one.interlaced);
  const bitDepth = Math.max(...all.map((one) => one.bitDepth));
  return { ...largest, interlaced, bitDepth, ...(isMixed ? { mixedShapes: true } : {}) };
}

/** Shapes that differ by less are the same, rounded to whole pixels. */
const SAME_SHAPE_WITHIN = 0.02;

/** All tracks at once: a file is read through one time, not once a track. */
async function listTracks(
  opened: OpenedFile & { video: InputVideoTrack },
  h264: H264Stream | null,
  { layout, signal, onProgress, sound = opened }: ProbeOptions,
): Promise<{
  video: { track: InputVideoTrack; packets: PacketList; test: PictureTest | null };
  audio: ListedAudio[];
}> {
  const { video, readShare } = opened;
  const duration = (await video.getDurationFromMetadata()) ?? 0;
  const isoTrack = layout?.tracks.find((one) => one.id === video.id);
  const test = await pictureTest(video, h264, isoTrack);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    const [packets, ...audio] = await Promise.all([
      listPackets(video, {
        signal: either,
        look: test?.reads === "all" ? ({ data }) => test.look(data) : undefined,
        onTime: (seconds) => {
          onProgress?.(0.95 * Math.min(1, duration > 0 ? seconds / duration : readShare()));
        },
      }),
      ...sound.audio.slice(0, 16).map((track) => {
        const isoTrack = layout?.tracks.find((one) => one.id === track.id);
        return listAudio(track, sound === opened ? isoTrack : undefined, sound.container, either);
      }),
    ]);
    return { video: { track: video, packets: withDescriptions(packets, isoTrack), test }, audio };
  } catch (thrown) {
    stop.abort();
    throw thrown;
  }
}

/** Sound that nobody will hear, because no picture is there yet to be shown with it. */
function warnOfLostSound(
  { facts, audibleFromTicks }: AudioTrackProbe,
  tracks: number,
  warnings: string[],
): void {
  const lostTicks = Math.min(0, audibleFromTicks);
  if (lostTicks > -SOUND_TAIL_TICKS) return;
  const which = tracks > 1 ? ` of track ${facts.track + 1}` : "";
  warnings.push(
    `The first ${clock(-lostTicks)} of the sound${which} are left out: they come before the first picture.`,
  );
}

function warnOfLostFrames(indexing: VideoIndexing, warnings: string[]): void {
  const { undecodableFrames, doubledFrames } = indexing;
  if (undecodableFrames > 0) {
    warnings.push(
      `The first ${undecodableFrames} frames are missing: the pictures they build on are not in the file.`,
    );
  }
  if (doubledFrames > 0) {
    warnings.push(
      `${doubledFrames} frames have the same time as another one; they are shown right after it.`,
    );
  }
}

/** A picture that stays is encoded as a key frame for each segment. */
function bitRate(index: VideoIndex, durationTicks: number): number {
  const { packetBytes, packetIsKey, framePackets, frameTicks } = index;
  let keys = 0;
  let keyBytes = 0;
  let bytes = 0;
  for (const packet of framePackets) {
    bytes += packetBytes[packet] ?? 0;
    if (packetIsKey[packet] !== 1) continue;
    keys++;
    keyBytes += packetBytes[packet] ?? 0;
  }
  let repeats = 0;
  for (let frame = 0; frame < framePackets.length; frame++) {
    const heldTicks = (frameTicks[frame + 1] ?? 0) - (frameTicks[frame] ?? 0);
    repeats += Math.floor(heldTicks / TARGET_SEGMENT_TICKS);
  }
  const all = bytes + (repeats * keyBytes) / Math.max(1, keys);
  return Math.max(1, Math.round((8 * all * TICKS_PER_SECOND) / durationTicks));
}

/** Sound that goes on for less after the last frame is the padding of its codec. */
const SOUND_TAIL_TICKS = 0.1 * TICKS_PER_SECOND;

/**
 * The last frame stays until the sound has ended.
 * @returns the end of the last frame, in ticks
 */
function holdLastFrame(
  { frameTicks }: VideoIndex,
  audio: readonly { facts: AudioFacts }[],
  warnings: string[],
): number {
  const last = frameTicks.length - 1;
  const endTicks = frameTicks[last] ?? 1;
  const soundEndTicks = Math.max(
    0,
    ...audio.map(({ facts }) => facts.startTicks + facts.durationTicks),
  );
  if (soundEndTicks <= endTicks + SOUND_TAIL_TICKS) return endTicks;
  frameTicks[last] = soundEndTicks;
  warnings.push(
    `The pictures end at ${clock(endTicks)}; the last one stays until the sound ends at ${clock(soundEndTicks)}.`,
  );
  return soundEndTicks;
}

/** (frames - 1) / (last time - first time), as measured between frames; one frame counts as one a second. */
function meanFrameRate(frameTicks: Float64Array): number {
  const frames = frameTicks.length - 1;
  const span = frameTicks[frames - 1] ?? 0;
  const rate =
    frames > 1 && span > 0
      ? ((frames - 1) * TICKS_PER_SECOND) / span
      : TICKS_PER_SECOND / (frameTicks[frames] ?? TICKS_PER_SECOND);
  // Slides: an encoder and a playlist have no use for frames that come less often.
  return Math.max(1, Math.min(1000, Math.round(rate * 10_000) / 10_000));
}

function ordinal(n: number): string {
  return n === 2 ? "second" : n === 3 ? "third" : `${n}th`;
}
