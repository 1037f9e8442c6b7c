import { withoutSei } from "../h264/avc.ts";
import { concat } from "../isobmff/box.ts";
import { TributaryError } from "../job/errors.ts";
import {
  AAC_FRAME_SAMPLES,
  expandDurations,
  type Segment,
  segmentFrames,
  TICKS_PER_SECOND,
} from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import { EVEN_WITHIN_TICKS } from "../job/ticks.ts";
import { writeFragment } from "./fragment.ts";

/**
 * From an encoder's samples to media segments on the planned timeline. The encoder's own times only
 * say in which order pictures are shown; every time that is written comes from the plan.
 */

/** Room for the fragments of a segment in the sequence numbers, which must rise over the rendition. */
const SEQUENCES_PER_SEGMENT = 1024;

/** 200 a second: finer than frames come, coarser than what ffmpeg takes for a rounding error. */
const DECODE_GRID_TICKS = TICKS_PER_SECOND / 200;

export interface CodedPicture {
  data: Uint8Array;
  isSync: boolean;
  /** Any clock; only the order counts. */
  presentedAt: number;
}

/** What decides when pictures are decoded. */
export interface DecodeOrder {
  /** All frames of the job last equally long (`VideoFacts.evenFrames`). */
  evenFrames: boolean;
  /** How many places a picture may be decoded before it is shown; 0 for an encoder without B-frames. */
  reorderFrames: number;
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

/**
 * When a fragment's pictures are decoded, and its end.
 *
 * ffmpeg's demuxer moves all later pictures by the most negative composition offset that it has met so
 * far (`dts_shift`): offsets that grow on the way would move the times with them. So where frames come
 * evenly, pictures are decoded at the presentation times in order, B-frames get negative offsets, and
 * the first fragment of a segment already has the most negative one there can be: in the first segment
 * also by what rounding can make of it elsewhere. Where they come unevenly, no picture is decoded later
 * than it is shown.
 *
 * @param timesTicks presentation times in order, and the end
 * @param places of the pictures in that order, in decode order
 * @param delayTicks added in the first fragment of a segment; null in the others
 */
function decodeClock(
  timesTicks: readonly number[],
  places: readonly number[],
  { evenFrames, reorderFrames }: DecodeOrder,
  delayTicks: number | null,
): number[] {
  const endTicks = timesTicks.at(-1) ?? 0;
  if (!evenFrames) {
    return onGrid(
      beforeShown(
        places.map((place) => timesTicks[place] ?? endTicks),
        endTicks,
      ),
    );
  }
  const depth = Math.max(...places.map((place, index) => index - place));
  if (delayTicks === null || reorderFrames === 0) return [...timesTicks];
  return delayed(timesTicks, Math.max(0, reorderFrames - depth), delayTicks);
}

/** All but the first picture decoded later by some frames and ticks; the last ones move together for it. */
function delayed(timesTicks: readonly number[], frames: number, byTicks: number): number[] {
  const end = timesTicks.length - 1;
  if (end <= frames + 1) return [...timesTicks];
  const endTicks = timesTicks[end] ?? 0;
  const lastFrameTicks = endTicks - (timesTicks[end - 1] ?? 0);
  return timesTicks.map((atTicks, index) => {
    if (index === 0 || index === end) return atTicks;
    if (index + frames < end) return (timesTicks[index + frames] ?? 0) + byTicks;
    return endTicks - Math.floor(((end - index) * lastFrameTicks) / (frames + 1));
  });
}

/**
 * The latest decode times at which no picture is late: each picture that is shown before all that are
 * decoded after it is decoded when it is shown, and those between two such ones at even distances.
 */
function beforeShown(shownTicks: readonly number[], endTicks: number): number[] {
  const times = new Array<number>(shownTicks.length + 1).fill(endTicks);
  let next = shownTicks.length;
  for (let index = shownTicks.length - 1; index >= 0; index -= 1) {
    const atTicks = shownTicks[index] ?? 0;
    const untilTicks = times[next] ?? endTicks;
    if (atTicks >= untilTicks) continue;
    for (let between = index; between < next; between += 1) {
      const share = (between - index) / (next - index);
      times[between] = Math.floor(atTicks + share * (untilTicks - atTicks));
    }
    next = index;
  }
  return times;
}

/**
 * Times rounded down to a coarse grid: ffmpeg counts frames in the largest unit that divides the first
 * decode times, or else in a usual frame rate that it takes for the nearest, and then two frames can
 * fall on one count ("non monotonically increasing dts"). Where two would fall on one point of the
 * grid, the times stay as they are.
 */
function onGrid(timesTicks: readonly number[]): number[] {
  const first = timesTicks[0] ?? 0;
  const last = timesTicks.length - 1;
  const rounded = timesTicks.map((atTicks, index) =>
    index === last
      ? atTicks
      : first + Math.floor((atTicks - first) / DECODE_GRID_TICKS) * DECODE_GRID_TICKS,
  );
  const isRising = rounded.every(
    (atTicks, index) => index === 0 || atTicks > (rounded[index - 1] ?? 0),
  );
  return isRising ? rounded : [...timesTicks];
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
