import { withoutSei } from "../h264/nal-units.ts";
import { concat } from "../isobmff/write.ts";
import { TributaryError } from "../job/errors.ts";
import { AAC_FRAME_SAMPLES, expandDurations, type Segment, segmentFrames } from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import { EVEN_WITHIN_TICKS } from "../job/ticks.ts";
import { type DecodeOrder, decodeClock } from "./decode-clock.ts";
import { writeFragment } from "./write-fragment.ts";

/**
 * From an encoder's samples to media segments on the planned timeline. The encoder's own times only
 * say in which order pictures are shown; every time that is written comes from the plan.
 */

/** Room for the fragments of a segment in the sequence numbers, which must rise over the rendition. */
const SEQUENCES_PER_SEGMENT = 1024;

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
 * One media segment for each planned one, in ticks of TICKS_PER_SECOND.
 *
 * The first sample of a fragment is decoded when it is shown: no edit list is needed, and composition
 * offsets may be negative (ISO/IEC 14496-12, 8.8.8, version 1).
 *
 * @param pictures of all segments, in decode order
 * Throws FRAME_COUNT_WRONG; ENCODE_FAILED when key frames are not where the plan has them.
 */
export function cutVideo(
  pictures: readonly CodedPicture[],
  segments: readonly Segment[],
  nalLengthBytes: number,
  order: DecodeOrder,
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
      order,
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
  order: DecodeOrder,
): CutSegment {
  const durations = expandDurations(segment.durations);
  const startsTicks: number[] = [];
  let atTicks = segment.startTicks;
  for (const durationTicks of durations) {
    startsTicks.push(atTicks);
    atTicks += durationTicks;
  }
  const endTicks = atTicks;
  const keys = keyFrameIndexes(segment);
  const fragments = keys.map((from, fragment) => {
    const to = keys[fragment + 1] ?? pictures.length;
    const times = [...startsTicks.slice(from, to), startsTicks[to] ?? endTicks];
    const places = shownAs.slice(from, to).map((shown) => shown - from);
    const delayTicks = segment.index === 0 ? EVEN_WITHIN_TICKS : 0;
    const decodeTimes = decodeClock(times, places, order, fragment === 0 ? delayTicks : null);
    const samples = pictures.slice(from, to).map((picture, offset) => {
      const index = from + offset;
      const shown = shownAs[index] ?? -1;
      const isKey = offset === 0;
      // More key frames than planned are an encoder's answer to a cut in the film, and do no harm.
      if (shown < from || shown >= to || (isKey && !(picture.isSync && shown === from))) {
        throw new TributaryError(
          "ENCODE_FAILED",
          `Picture ${index} of segment ${segment.index} breaks the planned key frames.`,
        );
      }
      const decodeTicks = decodeTimes[offset] ?? 0;
      const data = isKey ? withoutSei(picture.data, nalLengthBytes) : picture.data;
      return {
        data,
        sizeBytes: data.length,
        durationTicks: (decodeTimes[offset + 1] ?? 0) - decodeTicks,
        compositionOffsetTicks: (startsTicks[shown] ?? 0) - decodeTicks,
        isSync: picture.isSync,
      };
    });
    return writeFragment({
      sequence: segment.index * SEQUENCES_PER_SEGMENT + fragment + 1,
      baseDecodeTicks: startsTicks[from] ?? 0,
      samples,
    });
  });
  return { segment, bytes: concat(fragments), frames: pictures.length };
}

/** For each picture in decode order, its place in presentation order. Throws ENCODE_FAILED on equal times. */
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

/** @param frames the AAC frames of the segment; @param firstFrame position of the first on the rendition's grid */
export function cutAudioSegment(
  segment: Segment,
  frames: readonly Uint8Array[],
  firstFrame: number,
): CutSegment {
  const bytes = writeFragment({
    sequence: segment.index * SEQUENCES_PER_SEGMENT + 1,
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
