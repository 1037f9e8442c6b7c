import { pictureKind } from "../h264/nal-units.ts";
import { invalid } from "../isobmff/box.ts";
import { expandDurations, type Segment, segmentDurationTicks, segmentFrames } from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import { checkCount, checkJoined, fragmentFacts, type MediaFacts } from "./check-fragments.ts";
import type { InitFacts } from "./check-init.ts";
import { type ReadFragment, readFragments } from "./read-fragment.ts";

export function checkVideo(media: Uint8Array, init: InitFacts, segment: Segment): MediaFacts {
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
