import { isParameterSet, nalUnits, pictureKind } from "../h264/nal-units.ts";
import { slicePpsId } from "../h264/pps.ts";
import { invalid } from "../isobmff/box.ts";
import { expandDurations, type Segment, segmentDurationTicks, segmentFrames } from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import { EVEN_WITHIN_TICKS } from "../job/ticks.ts";
import {
  checkCount,
  checkJoined,
  decodeTicksOf,
  fragmentFacts,
  type MediaFacts,
} from "./check-fragments.ts";
import type { InitFacts } from "./check-init.ts";
import { type ReadFragment, readFragments } from "./read-fragment.ts";

/** `checkMedia` for video. @throws TributaryError OUTPUT_INVALID, FRAME_COUNT_WRONG */
export function checkVideo(media: Uint8Array, init: InitFacts, segment: Segment): MediaFacts {
  const frames = segmentFrames(segment);
  const fragments = readFragments(media, frames);
  checkJoined(fragments, init, segment.startTicks);
  checkCount(fragments, frames);
  const durationTicks = segmentDurationTicks(segment);
  const decodedTicks = fragments.reduce((total, fragment) => total + decodeTicksOf(fragment), 0);
  if (decodedTicks !== durationTicks)
    throw invalid(`A segment lasts ${decodedTicks} ticks, planned are ${durationTicks}.`);
  const keys = keyFrameIndexes(segment);
  if (fragments.length !== keys.length) {
    throw invalid(`${fragments.length} fragments, ${keys.length} key frames are planned.`);
  }
  const durations = expandDurations(segment.durations);
  let index = 0;
  let atTicks = segment.startTicks;
  return {
    frames,
    durationTicks,
    fragments: fragments.map((fragment, nth) => {
      if (index !== keys[nth])
        throw invalid(`Fragment ${nth} starts with picture ${index}, planned is ${keys[nth]}.`);
      const own = durations.slice(index, index + fragment.samples.length);
      checkTimes(fragment, atTicks, own);
      checkPictures(media, fragment, init);
      const shownTicks = own.reduce((total, ticks) => total + ticks, 0);
      index += own.length;
      atTicks += shownTicks;
      return fragmentFacts(fragment, shownTicks);
    }),
  };
}

/**
 * A picture may be decoded this many ticks after it is shown. Where frames are only a few ticks apart,
 * there is no room to decode each of them in time.
 */
const LATE_TICKS = EVEN_WITHIN_TICKS;

/**
 * Checks that one picture is shown at each planned time, and that none is decoded after it is shown.
 * ffmpeg's demuxer would shift all pictures by the most negative composition offset it has met.
 */
function checkTimes(
  { samples, baseDecodeTicks }: ReadFragment,
  startTicks: number,
  durations: readonly number[],
): void {
  let decodeTicks = baseDecodeTicks;
  const shownTicks = samples.map(({ durationTicks, compositionOffsetTicks }) => {
    if (durationTicks === 0) throw invalid("Two pictures are decoded at one time.");
    if (compositionOffsetTicks < -LATE_TICKS)
      throw invalid("A picture is decoded after it is shown.");
    const shown = decodeTicks + compositionOffsetTicks;
    decodeTicks += durationTicks;
    return shown;
  });
  if (shownTicks[0] !== startTicks) throw invalid("A key frame is not the first that is shown.");
  shownTicks.sort((a, b) => a - b);
  let atTicks = startTicks;
  shownTicks.forEach((shown, index) => {
    if (shown !== atTicks) throw invalid(`A picture is shown at ${shown}, planned is ${atTicks}.`);
    atTicks += durations[index] ?? 0;
  });
}

function checkPictures(
  media: Uint8Array,
  fragment: ReadFragment,
  { nalLengthBytes, ppsIds }: InitFacts,
): void {
  let at = fragment.dataOffset;
  fragment.samples.forEach((sample, index) => {
    const picture = media.subarray(at, at + sample.sizeBytes);
    const isIdr = pictureKind(picture, nalLengthBytes) === "idr";
    checkParameterSets(picture, nalLengthBytes, ppsIds);
    if (index === 0 && !isIdr) throw invalid("A planned key frame is no IDR picture.");
    if (sample.isSync !== isIdr)
      throw invalid("A picture's flags do not say whether it is an IDR.");
    at += sample.sizeBytes;
  });
}

/**
 * Checks that a picture holds no parameter sets and that its slices use one from the init segment. A set
 * inside a picture would replace another encoder's set of the same id for all pictures that follow.
 */
function checkParameterSets(
  picture: Uint8Array,
  nalLengthBytes: number,
  ppsIds: readonly number[],
): void {
  for (const unit of nalUnits(picture, nalLengthBytes)) {
    if (isParameterSet(unit)) throw invalid("A picture holds parameter sets.");
    const id = slicePpsId(unit);
    if (id !== null && !ppsIds.includes(id)) {
      throw invalid(`A slice goes with the picture parameter set ${id}, which is not there.`);
    }
  }
}
