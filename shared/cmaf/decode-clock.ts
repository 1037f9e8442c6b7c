import type { VideoFacts } from "../job/job.ts";
import { TICKS_PER_SECOND } from "../job/ticks.ts";

/**
 * When pictures are decoded, where encoders reorder them (B-frames).
 *
 * CMAF wants decode times without a gap (ISO/IEC 23000-19, 7.3.2.3), and players differ in what they
 * make of the rest. Measured with 720 frames at 24 frames a second, reordered by two places (ffmpeg 5.1,
 * VLC 3.0.24, GStreamer 1.22, Chromium 156 with hls.js 1.7.4; not measured: Safari). "Late" means the
 * picture against the sound. For the last column, 21 random times in the middle of a frame were sought while
 * paused: it counts those that showed a neighbouring frame, with even frames and with uneven ones.
 *
 * | form | ffmpeg, ffprobe, mpv | VLC | GStreamer | Chromium | wrong seeks |
 * | --- | --- | --- | --- | --- | --- |
 * | negative offsets, decode times = presentation times | 84 ms late | right | 84 ms late | right | 0, - |
 * | no offset below 0, decode times at even distances, on a grid of 5 ms | right | right | right | right | -, 10 |
 * | offsets from 0 on and an edit list | right | 83 ms late | 83 ms late | right | - |
 * | early decoding, a gap before each segment (not CMAF) | right | right | right | right | 0, - |
 * | **early decoding, long last duration** | right | right | right | right | 1, 1 |
 *
 * The last form is used. It has no negative offsets and no edit list, and each segment stands for itself, so
 * segments and engines may differ in how far they reorder. A segment's first picture is decoded when it is
 * shown. A picture's duration in `trun` is the time for which it is shown, as long as no picture has to be
 * decoded after it is shown. Therefore the first pictures that are decoded ahead, as many as the depth of
 * reordering, get only 2 ms each, and the last duration takes what is left until the segment's end. These
 * pictures, and the last one shown in a segment, are what a paused seek in Chromium misses by one, because
 * Chromium goes by durations.
 *
 * Firefox 153 and WebKitGTK 2.50 with hls.js begin such a video at 0, with even and uneven frames, decode all
 * without a stall, and end where they should (the table of players in `web/README.md`). Both report the time of a
 * paused seek in place of the picture's, so the pictures were compared: at 240p they showed the wanted one in 21 of 21
 * seeks, with even and with uneven frames (Chromium in 20 and in 21).
 */

/** As many as ffmpeg looks at, and some more. */
export const PICTURES_ON_GRID = 24;

/** 400 points a second: finer than frame rates, coarser than what ffmpeg takes for a rounding error (500). */
const DECODE_GRID_TICKS = TICKS_PER_SECOND / 400;

/** 2 ms between pictures that are decoded ahead together: Matroska's milliseconds still tell them apart. */
const SHORTEST_TICKS = TICKS_PER_SECOND / 500;

/**
 * How many of a video's first pictures have decode times on a coarse grid ({@link onGrid}). All other
 * durations in `trun` are the true ones, as far as the order allows. In plans from before protocol version 6,
 * which do not say it, these are all of the first segment where frames come unevenly.
 */
export function roundedPictures(
  planned: Pick<VideoFacts, "roundedPictures" | "evenFrames">,
): number {
  return planned.roundedPictures ?? (planned.evenFrames === true ? 0 : Number.POSITIVE_INFINITY);
}

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

/** Latest decode time of each picture: when it, or any that is decoded after it, is first shown. */
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
 * A seek while paused misses pictures whose decode duration is shorter than the time they are shown. So as
 * few as possible get a short one, and the picture before them (usually a segment's first) keeps nearly all.
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

/** Makes times rise by at least one tick, where frames are too close to be spread further. */
function rising(times: readonly number[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return times.map((atTicks) => {
    last = Math.max(atTicks, last + 1);
    return last;
  });
}

/**
 * Rounds the first decode times down to a coarse grid. This is for a video's beginning when its frames are uneven.
 * ffmpeg counts frames in the largest unit that divides the first 20 decode durations. Without such a unit it takes
 * the nearest usual frame rate. Of several frames with the same count, its tool drops all but one, unless it has
 * the options "-fps_mode passthrough -enc_time_base -1". Measured with ffmpeg 5.1 on 300 frames, of which every
 * eleventh was 9 ms long: with true times it dropped 26, with 18 durations on the grid also 26, with 20 none. It is the
 * same for a file, a media playlist and a multivariant playlist.
 *
 * Where two times would fall on one point of the grid, all stay as they are.
 * @param count number of pictures from the first one on that are put on the grid
 */
export function onGrid(timesTicks: readonly number[], count: number): number[] {
  const first = timesTicks[0] ?? 0;
  const rounded = timesTicks.map((atTicks, index) =>
    index < count
      ? first + Math.floor((atTicks - first) / DECODE_GRID_TICKS) * DECODE_GRID_TICKS
      : atTicks,
  );
  const isRising = rounded.every(
    (atTicks, index) => index === 0 || atTicks > (rounded[index - 1] ?? 0),
  );
  return isRising ? rounded : [...timesTicks];
}
