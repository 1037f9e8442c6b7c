import type { InputAudioTrack, InputTrack, InputVideoTrack } from "mediabunny";
import { TributaryError } from "../../job/errors.ts";
import type { SourceFacts } from "../../job/job.ts";
import { messagesOf, type Notice } from "../../job/notice.ts";
import { frameStepFor } from "../../plan/plan.ts";
import { keepSequenceHeader } from "../cut/parameter-sets.ts";
import { type AudioTrackProbe, describeAudio, type ListedAudio, listAudio } from "./audio-facts.ts";
import { captionsInside } from "./captions-inside.ts";
import { editedPictures } from "./edit-list.ts";
import type { IsoLayout } from "./iso-layout.ts";
import {
  framesLeftOut,
  holdLastFrame,
  MOST_SOUND_TRACKS,
  warnOfLostFrames,
  warnOfLostSound,
  warnOfLostTracks,
} from "./lost-parts.ts";
import { placePictures } from "./misplaced-pictures.ts";
import { dropMissingEnd } from "./missing-end.ts";
import type { OpenedFile } from "./open-file.ts";
import { lookAtPictures, type PictureTest, pictureTest, withoutNothing } from "./pictures.ts";
import { refuseAbsurdLength, refuseAbsurdTrack } from "./plausible-times.ts";
import { bitRate, meanFrameRate } from "./rates.ts";
import { hasEdits, withDescriptions } from "./readable-file.ts";
import { indexVideo, listPackets, type PacketList, type SourceIndex } from "./source-index.ts";
import { straighten } from "./splices.ts";
import {
  type H264Stream,
  type PictureFacts,
  readH264Stream,
  readPictureFacts,
} from "./video-facts.ts";
import { EVERYTHING, lengthSeconds, visibleWindow } from "./visible-window.ts";

/** The description of a file, and the places of its packets. */
export interface ProbedFile {
  /** Without name, size and fingerprint, which belong to the picked file. */
  facts: Omit<SourceFacts, "name" | "sizeBytes" | "fingerprint">;
  index: SourceIndex;
  video: InputVideoTrack;
  /** The same track, read with each of its sample descriptions. Most tracks have just one. */
  videoTracks: InputVideoTrack[];
  /** In the order of `facts.audio`. */
  audio: { track: InputAudioTrack; sampleDescriptions: Uint8Array | null }[];
  /** The video track's `stsd` if only ffmpeg knows its codec; chunks copy it. Else null. */
  sampleDescriptions: Uint8Array | null;
}

export interface ProbeOptions {
  file: Blob;
  layout: IsoLayout | null;
  signal: AbortSignal;
  onProgress?: ((progress: number) => void) | undefined;
  /** The reader of the audio. Default: the one of the picture. */
  sound?: OpenedFile | undefined;
  /** Set where the picture comes from elsewhere, and `file` holds the audio alone: the layout of `file`. */
  soundLayout?: IsoLayout | null;
  /** The file, read with each further sample description of its tracks (`readable-file.ts`). */
  described?: readonly OpenedFile[] | undefined;
}

/**
 * Indexes a file with a video track.
 * @throws TributaryError SOURCE_NO_VIDEO, SOURCE_TRUNCATED, SOURCE_CORRUPT, SOURCE_TIMES_WRONG
 */
export async function probeFile(
  opened: OpenedFile & { video: InputVideoTrack },
  options: ProbeOptions,
): Promise<ProbedFile> {
  const { video, container } = opened;
  const { file, layout, signal, onProgress } = options;
  const notices: Notice[] = [];
  const h264 = await readH264Stream(video, signal);
  const listed = await listTracks(opened, h264, options);
  const { soundLayout } = options;
  const incomplete =
    soundLayout === undefined
      ? await dropMissingEnd(file, layout, [listed.video, ...listed.audio])
      : await dropMissingEnd(file, soundLayout, listed.audio);
  if (incomplete !== null) notices.push(incomplete);
  const isoTrack = layout?.tracks.find((track) => track.id === video.id);
  const { test } = listed.video;
  if (test !== null) await lookAtPictures(video, listed.video.packets, test, signal);
  const packets = withoutNothing(listed.video.packets);
  refuseAbsurdTrack(isoTrack, packets, layout?.movieSeconds ?? 0);
  notices.push(...placePictures(packets));
  if (!hasEdits(isoTrack)) {
    notices.push(
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
  await warnOfLostTracks(video, (options.sound ?? opened).audio.length, notices);
  warnOfLostFrames(indexing, notices);
  const { index } = indexing;
  notices.push(...(await captionsInside(video, index, signal)));
  const frames = index.framePackets.length;
  const frameRate = meanFrameRate(index.frameTicks);
  const frameStep = frameStepFor(frameRate);
  if (frameStep > 1) notices.push(framesLeftOut(frameRate, frameStep));
  const zeroSeconds = window.shownFromSeconds ?? index.zeroSeconds;
  const audio: (AudioTrackProbe & ProbedFile["audio"][number])[] = [];
  for (const [position, one] of listed.audio.entries()) {
    const further = (options.described ?? []).flatMap(({ audio: tracks }) => {
      return tracks.filter(({ id }) => id === one.track.id);
    });
    const probed = await describeAudio(one, position, zeroSeconds, further);
    if (probed === null) continue;
    const { track, isoTrack } = one;
    const changes = probed.index.packetDescriptions !== null;
    const sampleDescriptions = changes ? (isoTrack?.sampleDescriptions ?? null) : null;
    audio.push({ track, sampleDescriptions, ...probed });
    warnOfLostSound(probed, listed.audio.length, notices);
  }
  const durationTicks = holdLastFrame(index, audio, notices);
  refuseAbsurdLength(file.size, durationTicks);
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
      warnings: messagesOf(notices),
      notices,
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

/** The `stsd` box of a track; null when the container is not of the ISO family. */
export function sampleDescriptions(track: InputTrack, layout: IsoLayout | null): Uint8Array | null {
  return layout?.tracks.find((one) => one.id === track.id)?.sampleDescriptions ?? null;
}

function tracksOf(described: readonly OpenedFile[] | undefined, id: number): InputVideoTrack[] {
  return (described ?? []).flatMap(({ video }) => (video?.id === id ? [video] : []));
}

/** Facts of the largest of a track's pictures, for which the ladder is made. */
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

/** Aspect ratios that differ by no more than this share are the same; the rest is rounding to whole pixels. */
const SAME_SHAPE_WITHIN = 0.02;

/** Lists the packets of all tracks at once, so that the file is read through only once. */
async function listTracks(
  opened: OpenedFile & { video: InputVideoTrack },
  h264: H264Stream | null,
  { layout, signal, onProgress, sound = opened, soundLayout = null }: ProbeOptions,
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
      ...sound.audio.slice(0, MOST_SOUND_TRACKS).map((track) => {
        const itsLayout = sound === opened ? layout : soundLayout;
        const isoTrack = itsLayout?.tracks.find((one) => one.id === track.id);
        return listAudio(track, isoTrack, sound.container, either);
      }),
    ]);
    return { video: { track: video, packets: withDescriptions(packets, isoTrack), test }, audio };
  } catch (thrown) {
    stop.abort();
    throw thrown;
  }
}
