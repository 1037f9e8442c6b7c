import { HIGH_PROFILE, pictureKind, readAvcConfig } from "../h264/avc.ts";
import { invalid } from "../isobmff/box.ts";
import { TributaryError } from "../job/errors.ts";
import type { Rendition } from "../job/job.ts";
import {
  AAC_FRAME_SAMPLES,
  type AudioRendition,
  audioFrameAt,
  expandDurations,
  type Fragment,
  type Segment,
  segmentDurationTicks,
  segmentFrames,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import { type ReadFragment, readFragments } from "./fragment.ts";
import { readInit } from "./init.ts";

/**
 * What every output must pass before it counts, whoever made it: pure checks of bytes against the
 * plan. A worker runs them before it offers, the edge after the upload. The bytes may be hostile:
 * every length is checked, and no claim of theirs decides how much memory is used.
 */

/** What a checked init segment says; needed to check the media that belongs to it. */
export interface InitFacts {
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codec: string;
  /** Ticks a second of the media's times: TICKS_PER_SECOND for video, the sample rate for audio. */
  timescale: number;
  trackId: number;
  /** Bytes of a NAL unit's length; 0 for audio. */
  nalLengthBytes: number;
}

export interface MediaFacts {
  /** Samples: pictures, or AAC frames. */
  frames: number;
  /** In ticks of TICKS_PER_SECOND, audio converted and rounded. */
  durationTicks: number;
  fragments: Fragment[];
}

/** An init segment of ours has less than one; more is not read. */
const MAX_INIT_BYTES = 16 * 1024;

/**
 * An init segment as the plan wants it: ftyp and moov, one track of the rendition's kind and size,
 * H.264 High at the rendition's level or AAC-LC, no edit list. Throws OUTPUT_INVALID.
 */
export function checkInit(bytes: Uint8Array, rendition: Rendition): InitFacts {
  if (bytes.length > MAX_INIT_BYTES) throw invalid(`An init segment of ${bytes.length} bytes.`);
  const init = readInit(bytes);
  if (init.topLevel.join() !== "ftyp,moov")
    throw invalid("An init segment is an ftyp and a moov box.");
  if (init.hasEditList) throw invalid("An init segment holds an edit list.");
  const { timescale, trackId } = init;
  if (rendition.kind === "video") {
    if (init.handler !== "vide" || init.entryType !== "avc1")
      throw invalid("Not a track of H.264 video.");
    if (timescale !== TICKS_PER_SECOND) throw invalid(`Times in 1/${timescale} s.`);
    const avc = readAvcConfig(init.config);
    checkPicture(rendition, init);
    checkPicture(rendition, avc);
    if (avc.profile !== HIGH_PROFILE || avc.level !== rendition.level) {
      throw invalid(
        `Profile ${avc.profile} level ${avc.level}, planned is High ${rendition.level}.`,
      );
    }
    return { codec: avc.codec, timescale, trackId, nalLengthBytes: avc.nalLengthBytes };
  }
  if (init.handler !== "soun" || init.entryType !== "mp4a")
    throw invalid("Not a track of AAC sound.");
  if (
    timescale !== rendition.sampleRate ||
    init.sampleRate !== rendition.sampleRate ||
    init.channels !== rendition.channels
  ) {
    throw invalid(`${init.channels} channels at ${init.sampleRate} Hz in 1/${timescale} s.`);
  }
  const objectType = (init.config[0] ?? 0) >> 3;
  if (objectType !== 2) throw invalid(`MPEG-4 audio object type ${objectType}, not AAC-LC.`);
  return { codec: "mp4a.40.2", timescale, trackId, nalLengthBytes: 0 };
}

function checkPicture(
  rendition: VideoRendition,
  { width, height }: { width: number; height: number },
): void {
  if (width !== rendition.width || height !== rendition.height) {
    throw invalid(
      `A picture of ${width}x${height}, planned is ${rendition.width}x${rendition.height}.`,
    );
  }
}

export interface MediaCheck {
  media: Uint8Array;
  /** From `checkInit` of the init segment it is played with. */
  init: InitFacts;
  rendition: Rendition;
  segment: Segment;
}

/**
 * A media segment as the plan wants it: fragments that join without a gap, exactly the planned
 * samples at the planned times, an IDR where each fragment is to begin; others only where flagged so.
 * Throws OUTPUT_INVALID, FRAME_COUNT_WRONG.
 */
export function checkMedia({ media, init, rendition, segment }: MediaCheck): MediaFacts {
  if (rendition.kind === "audio") return checkAudio(media, init, rendition, segment);
  return checkVideo(media, init, segment);
}

function checkVideo(media: Uint8Array, init: InitFacts, segment: Segment): MediaFacts {
  const frames = segmentFrames(segment);
  const fragments = readFragments(media, frames);
  checkJoined(fragments, init, segment.startTicks);
  checkCount(fragments, frames);
  const durations = expandDurations(segment.durations);
  const keys = keyFrameIndexes(segment);
  if (fragments.length !== keys.length) {
    throw invalid(`${fragments.length} fragments, ${keys.length} key frames are planned.`);
  }
  let index = 0;
  fragments.forEach((fragment, nth) => {
    if (index !== keys[nth])
      throw invalid(`Fragment ${nth} starts with picture ${index}, planned is ${keys[nth]}.`);
    checkTimes(fragment, durations.slice(index, index + fragment.samples.length));
    checkPictures(media, fragment, init.nalLengthBytes);
    index += fragment.samples.length;
  });
  return {
    frames,
    durationTicks: segmentDurationTicks(segment),
    fragments: fragments.map(fragmentFacts),
  };
}

/** Pictures are shown at the planned times, each time once. */
function checkTimes(fragment: ReadFragment, durations: readonly number[]): void {
  let decodeTicks = 0;
  const shownTicks = fragment.samples.map((sample) => {
    if (sample.durationTicks === 0) throw invalid("Two pictures are decoded at one time.");
    const shown = decodeTicks + sample.compositionOffsetTicks;
    decodeTicks += sample.durationTicks;
    return shown;
  });
  if (shownTicks[0] !== 0) throw invalid("A key frame is not the first that is shown.");
  shownTicks.sort((a, b) => a - b);
  let atTicks = 0;
  shownTicks.forEach((shown, index) => {
    if (shown !== atTicks) throw invalid(`A picture is shown at ${shown}, planned is ${atTicks}.`);
    atTicks += durations[index] ?? 0;
  });
  if (decodeTicks !== atTicks) {
    throw invalid(`A fragment lasts ${decodeTicks} ticks, planned are ${atTicks}.`);
  }
}

function checkPictures(media: Uint8Array, fragment: ReadFragment, nalLengthBytes: number): void {
  let at = fragment.dataOffset;
  fragment.samples.forEach((sample, index) => {
    const isIdr = pictureKind(media.subarray(at, at + sample.sizeBytes), nalLengthBytes) === "idr";
    if (index === 0 && !isIdr) throw invalid("A planned key frame is no IDR picture.");
    if (sample.isSync !== isIdr)
      throw invalid("A picture's flags do not say whether it is an IDR.");
    at += sample.sizeBytes;
  });
}

function checkAudio(
  media: Uint8Array,
  init: InitFacts,
  rendition: AudioRendition,
  segment: Segment,
): MediaFacts {
  const { sampleRate } = rendition;
  const endTicks = segment.startTicks + segmentDurationTicks(segment);
  const firstFrame = audioFrameAt(segment.startTicks, sampleRate);
  const frames = audioFrameAt(endTicks, sampleRate) - firstFrame;
  const fragments = readFragments(media, frames);
  checkJoined(fragments, init, firstFrame * AAC_FRAME_SAMPLES);
  checkCount(fragments, frames);
  for (const { samples } of fragments) {
    for (const sample of samples) {
      if (
        sample.durationTicks !== AAC_FRAME_SAMPLES ||
        sample.compositionOffsetTicks !== 0 ||
        !sample.isSync ||
        sample.sizeBytes === 0
      ) {
        throw invalid("An AAC frame is not a plain one of 1,024 samples.");
      }
    }
  }
  return {
    frames,
    durationTicks: Math.round((frames * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / sampleRate),
    fragments: fragments.map((fragment) => {
      const facts = fragmentFacts(fragment);
      const durationTicks = Math.round((facts.durationTicks * TICKS_PER_SECOND) / sampleRate);
      return { ...facts, keyFrameBytes: 0, durationTicks };
    }),
  };
}

/** Fragments follow each other without a gap from where the timeline says, their numbers rise. */
function checkJoined(
  fragments: readonly ReadFragment[],
  init: InitFacts,
  startTicks: number,
): void {
  if (fragments.length === 0) throw invalid("A media segment without a fragment.");
  let dueTicks = startTicks;
  let sequence = 0;
  for (const fragment of fragments) {
    if (fragment.trackId !== init.trackId)
      throw invalid(`A fragment of track ${fragment.trackId}.`);
    if (fragment.samples.length === 0) throw invalid("A fragment without a sample.");
    if (fragment.baseDecodeTicks !== dueTicks) {
      throw invalid(`A fragment starts at ${fragment.baseDecodeTicks}, planned is ${dueTicks}.`);
    }
    if (fragment.sequence <= sequence) throw invalid("Fragment numbers do not rise.");
    sequence = fragment.sequence;
    dueTicks += durationOf(fragment);
  }
}

function checkCount(fragments: readonly ReadFragment[], planned: number): void {
  const frames = fragments.reduce((total, fragment) => total + fragment.samples.length, 0);
  if (frames !== planned) {
    throw new TributaryError(
      "FRAME_COUNT_WRONG",
      `${frames} frames in a segment where ${planned} are planned.`,
    );
  }
}

function fragmentFacts(fragment: ReadFragment): Fragment {
  const [first] = fragment.samples;
  return {
    offsetBytes: fragment.offsetBytes,
    sizeBytes: fragment.sizeBytes,
    keyFrameBytes: fragment.dataOffset - fragment.offsetBytes + (first?.sizeBytes ?? 0),
    durationTicks: durationOf(fragment),
  };
}

function durationOf(fragment: ReadFragment): number {
  return fragment.samples.reduce((total, sample) => total + sample.durationTicks, 0);
}

/**
 * All outputs of a task, inits first, each against its plan: what a holder runs before it offers.
 * Throws OUTPUT_INVALID, FRAME_COUNT_WRONG.
 */
export function checkOutputs(
  outputs: readonly {
    rendition: string;
    kind: "init" | "media";
    segment: number;
    bytes: Uint8Array;
  }[],
  { renditions, segments }: { renditions: readonly Rendition[]; segments: readonly Segment[] },
): void {
  const inits = new Map<string, InitFacts>();
  for (const output of outputs) {
    const rendition = renditions.find(({ id }) => id === output.rendition);
    if (rendition === undefined) throw invalid("An output of no planned rendition.");
    if (output.kind === "init") {
      inits.set(rendition.id, checkInit(output.bytes, rendition));
      continue;
    }
    const init = inits.get(rendition.id);
    const segment = segments.find(({ index }) => index === output.segment);
    if (init === undefined || segment === undefined) {
      throw invalid("A media segment without its init segment or plan.");
    }
    checkMedia({ media: output.bytes, init, rendition, segment });
  }
}
