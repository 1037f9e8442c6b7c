import { TICKS_PER_SECOND } from "../job/ticks.ts";

/**
 * When pictures are decoded, where encoders reorder them (B-frames).
 *
 * CMAF wants decode times without a gap (ISO/IEC 23000-19, 7.3.2.3), and players differ in what they
 * make of the rest. Measured with 720 frames of 24 a second, two places of reordering (ffmpeg 5.1, VLC
 * 3.0.24, GStreamer 1.22, Chromium 156 with hls.js 1.7.4; not measured: Safari). "Late" is
 * the picture against the sound; the last column counts paused seeks to the middle of a frame that show
 * its neighbour, of 21 random ones with even and with uneven frames:
 *
 * | form | ffmpeg, ffprobe, mpv | VLC | GStreamer | Chromium | wrong seeks |
 * | --- | --- | --- | --- | --- | --- |
 * | negative offsets, decode times = presentation times | 84 ms late | right | 84 ms late | right | 0, - |
 * | no offset below 0, decode times at even distances, on a grid of 5 ms | right | right | right | right | -, 10 |
 * | offsets from 0 on and an edit list | right | 83 ms late | 83 ms late | right | - |
 * | early decoding, a gap before each segment (not CMAF) | right | right | right | right | 0, - |
 * | **early decoding, long last duration** | right | right | right | right | 1, 1 |
 *
 * The last one is used. Each segment stands for itself, so segments and engines may differ in how far
 * they reorder: its first picture is decoded when it is shown, and each other one as long after the one
 * before as that one is shown, which keeps the durations in `trun` the true ones, but never after it is
 * shown: no negative offsets, no edit list. The first pictures that are decoded ahead, as many as the
 * depth of reordering, are decoded for 2 ms each; the last duration takes what is left until the
 * segment's end. Those pictures, and the last one shown of a segment, are what a paused seek in Chromium
 * misses by one, because it goes by durations.
 *
 * Firefox 153 and WebKitGTK 2.50 with hls.js begin such a video at 0, with even and uneven frames, decode all
 * without a stall, and end where they should (the table of players in `web/README.md`). Which picture a paused
 * seek shows there is not known: both call the time that was sought that of the picture.
 */

/** 400 a second: finer than frames come, coarser than what ffmpeg takes for a rounding error (500 a second). */
const DECODE_GRID_TICKS = TICKS_PER_SECOND / 400;

/** Between pictures that are decoded ahead together: as many as Matroska's milliseconds tell apart. */
const SHORTEST_TICKS = TICKS_PER_SECOND / 500;

/** A picture as its segment's plan has it. */
export interface ShownPicture {
  /** Presentation time. */
  atTicks: number;
  /** How long it is shown. */
  durationTicks: number;
}

/**
 * Decode times of a segment's pictures, rising; the first is decoded when it is shown.
 * @param pictures in decode order; the first is shown first
 */
export function decodeClock(pictures: readonly ShownPicture[]): number[] {
  const deadlines = decodeDeadlines(pictures);
  const times: number[] = [];
  pictures.forEach(({ atTicks }, index) => {
    const before = pictures[index - 1];
    const follows = before === undefined ? atTicks : (times[index - 1] ?? 0) + before.durationTicks;
    times.push(Math.min(follows, deadlines[index] ?? follows));
  });
  return rising(apart(times));
}

/** A picture is decoded before it and all after it are shown. */
function decodeDeadlines(pictures: readonly ShownPicture[]): number[] {
  let earliest = Number.POSITIVE_INFINITY;
  const deadlines = pictures.map(() => 0);
  for (let index = pictures.length - 1; index >= 0; index -= 1) {
    earliest = Math.min(earliest, pictures[index]?.atTicks ?? earliest);
    deadlines[index] = earliest;
  }
  return deadlines;
}

/**
 * Spreads pictures that are due at the same time: the last one is decoded then, the others shortly before.
 * A seek while paused misses pictures whose decode duration is shorter than the time they are shown. So
 * as few as possible get a shorter one, and the picture before them (as a rule a segment's first) does not.
 */
function apart(times: readonly number[]): number[] {
  const spread = [...times];
  let first = 1;
  while (first < times.length) {
    const dueTicks = times[first] ?? 0;
    let end = first + 1;
    while (end < times.length && times[end] === dueTicks) end += 1;
    const evenTicks = Math.floor((dueTicks - (times[first - 1] ?? 0)) / (end - first));
    const stepTicks = Math.min(SHORTEST_TICKS, evenTicks);
    for (let index = first; index < end; index += 1) {
      spread[index] = dueTicks - (end - 1 - index) * stepTicks;
    }
    first = end;
  }
  return spread;
}

/** Where frames follow each other too fast to be decoded between, a tick must do. */
function rising(times: readonly number[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return times.map((atTicks) => {
    last = Math.max(atTicks, last + 1);
    return last;
  });
}

/**
 * Times rounded down to a coarse grid, for the first segment where frames come unevenly: ffmpeg counts
 * frames in the largest unit that divides the first decode times, or else in a usual frame rate that it
 * takes for the nearest, and then two frames can fall on one count ("non monotonically increasing dts").
 * Where two would fall on one point of the grid, the times stay as they are.
 */
export function onGrid(timesTicks: readonly number[]): number[] {
  const first = timesTicks[0] ?? 0;
  const rounded = timesTicks.map(
    (atTicks) => first + Math.floor((atTicks - first) / DECODE_GRID_TICKS) * DECODE_GRID_TICKS,
  );
  const isRising = rounded.every(
    (atTicks, index) => index === 0 || atTicks > (rounded[index - 1] ?? 0),
  );
  return isRising ? rounded : [...timesTicks];
}
