import { picturesAlone } from "../h264/nal-units.ts";
import { concat } from "../isobmff/write.ts";
import { TributaryError } from "../job/errors.ts";
import {
  AAC_FRAME_SAMPLES,
  expandDurations,
  type Segment,
  segmentDurationTicks,
  segmentFrames,
} from "../job/job.ts";
import { keyFrameIndexes, MOST_KEY_FRAMES } from "../job/key-frames.ts";
import { decodeClock, onGrid, type ShownPicture } from "./decode-clock.ts";
import { writeFragment } from "./write-fragment.ts";

/**
 * Makes media segments on the planned timeline from an encoder's samples. The encoder's own times only
 * say in which order pictures are shown; every time that is written comes from the plan.
 */

export interface CodedPicture {
  data: Uint8Array;
  isSync: boolean;
  /** Any clock; only the order counts. */
  presentedAt: number;
}

export interface CutSegment {
  segment: Segment;
  bytes: Uint8Array<ArrayBuffer>;
  /** Samples in it. */
  frames: number;
}

/**
 * Makes one media segment for each planned one. Times are in ticks of TICKS_PER_SECOND; `decode-clock.ts`
 * says when pictures are decoded.
 *
 * @param pictures of all segments, in decode order
 * @param rounded how many of the video's first pictures are decoded on a coarse grid (`roundedPictures`)
 * @throws TributaryError FRAME_COUNT_WRONG; ENCODE_FAILED when key frames are not where the plan has them
 */
export function cutVideo(
  pictures: readonly CodedPicture[],
  segments: readonly Segment[],
  nalLengthBytes: number,
  rounded: number,
): CutSegment[] {
  const planned = segments.reduce((total, segment) => total + segmentFrames(segment), 0);
  if (pictures.length !== planned) {
    throw new TributaryError(
      "FRAME_COUNT_WRONG",
      `${pictures.length} pictures were made where ${planned} are planned.`,
    );
  }
  const shownAs = presentationOrder(pictures);
  let first = 0;
  return segments.map((segment) => {
    const frames = segmentFrames(segment);
    const cut = cutVideoSegment(
      segment,
      pictures.slice(first, first + frames),
      shownAs.slice(first, first + frames).map((place) => place - first),
      nalLengthBytes,
      rounded,
    );
    first += frames;
    return cut;
  });
}

function cutVideoSegment(
  segment: Segment,
  pictures: readonly CodedPicture[],
  shownAs: readonly number[],
  nalLengthBytes: number,
  rounded: number,
): CutSegment {
  const keys = keyFrameIndexes(segment);
  checkKeyFrames(segment, pictures, shownAs, keys);
  const planned = plannedPictures(segment);
  const shown = shownAs.map((place) => planned[place] ?? { atTicks: 0, durationTicks: 0 });
  const clock = decodeClock(shown);
  const decodeTimes = segment.index === 0 ? onGrid(clock, rounded) : clock;
  const endTicks = segment.startTicks + segmentDurationTicks(segment);
  const samples = pictures.map((picture, index) => {
    const decodeTicks = decodeTimes[index] ?? 0;
    // Encoders repeat their parameter sets before key frames, also before those that they add themselves.
    const data = picture.isSync ? picturesAlone(picture.data, nalLengthBytes) : picture.data;
    return {
      data,
      sizeBytes: data.length,
      durationTicks: (decodeTimes[index + 1] ?? endTicks) - decodeTicks,
      compositionOffsetTicks: (shown[index]?.atTicks ?? 0) - decodeTicks,
      isSync: picture.isSync,
    };
  });
  const fragments = keys.map((from, fragment) =>
    writeFragment({
      // Numbers must rise over the whole rendition, but how many fragments come before is not known here.
      sequence: segment.index * MOST_KEY_FRAMES + fragment + 1,
      baseDecodeTicks: decodeTimes[from] ?? 0,
      samples: samples.slice(from, keys[fragment + 1]),
    }),
  );
  return { segment, bytes: concat(fragments), frames: pictures.length };
}

function plannedPictures(segment: Segment): ShownPicture[] {
  let atTicks = segment.startTicks;
  return expandDurations(segment.durations).map((durationTicks) => {
    const picture = { atTicks, durationTicks };
    atTicks += durationTicks;
    return picture;
  });
}

/**
 * Checks that each planned key frame is one, and that it is shown before all pictures that are decoded after
 * it and after all that are decoded before it. Encoders add key frames at scene cuts; those do no harm.
 */
function checkKeyFrames(
  segment: Segment,
  pictures: readonly CodedPicture[],
  shownAs: readonly number[],
  keys: readonly number[],
): void {
  keys.forEach((from, fragment) => {
    const to = keys[fragment + 1] ?? pictures.length;
    shownAs.slice(from, to).forEach((shown, offset) => {
      const index = from + offset;
      const isKey = pictures[index]?.isSync === true && shown === from;
      if (shown < from || shown >= to || (offset === 0 && !isKey)) {
        throw new TributaryError(
          "ENCODE_FAILED",
          `Picture ${index} of segment ${segment.index} breaks the planned key frames.`,
        );
      }
    });
  });
}

/**
 * For each picture in decode order, its place in presentation order.
 * @throws TributaryError ENCODE_FAILED on equal times
 */
function presentationOrder(pictures: readonly CodedPicture[]): number[] {
  const order = pictures.map((_, index) => index);
  order.sort((a, b) => (pictures[a]?.presentedAt ?? 0) - (pictures[b]?.presentedAt ?? 0));
  const shownAs = new Array<number>(pictures.length);
  order.forEach((index, place) => {
    const before = order[place - 1];
    if (before !== undefined && pictures[before]?.presentedAt === pictures[index]?.presentedAt) {
      throw new TributaryError("ENCODE_FAILED", "Two pictures have the same time.");
    }
    shownAs[index] = place;
  });
  return shownAs;
}

/**
 * @param frames the AAC frames of the segment
 * @param firstFrame position of the first one on the rendition's grid
 */
export function cutAudioSegment(
  segment: Segment,
  frames: readonly Uint8Array[],
  firstFrame: number,
): CutSegment {
  const bytes = writeFragment({
    sequence: segment.index + 1,
    baseDecodeTicks: firstFrame * AAC_FRAME_SAMPLES,
    samples: frames.map((data) => ({
      data,
      sizeBytes: data.length,
      durationTicks: AAC_FRAME_SAMPLES,
      compositionOffsetTicks: 0,
      isSync: true,
    })),
  });
  return { segment, bytes, frames: frames.length };
}
