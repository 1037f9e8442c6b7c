import { TICKS_PER_SECOND } from "../job/job.ts";

/** 200 a second: finer than frames come, coarser than what ffmpeg takes for a rounding error. */
const DECODE_GRID_TICKS = TICKS_PER_SECOND / 200;

/** What decides when pictures are decoded. */
export interface DecodeOrder {
  /** All frames of the job last equally long (`VideoFacts.evenFrames`). */
  evenFrames: boolean;
  /** How many places a picture may be decoded before it is shown; 0 for an encoder without B-frames. */
  reorderFrames: number;
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
export function decodeClock(
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
