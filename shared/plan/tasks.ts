import {
  type AudioRendition,
  type Segment,
  segmentDurationTicks,
  type Task,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../job/job.ts";
import type { FrameTimeline } from "./segments.ts";

/**
 * Lengths of audio runs after the first segment; the last one repeats. Runs are short at first, so that audio
 * is there with the first pictures, and then long, because each run decodes and encodes some pre-roll
 * (`encodedFrames` in shared/encode/audio-run.ts).
 */
const AUDIO_RUN_TICKS = [
  30 * TICKS_PER_SECOND,
  60 * TICKS_PER_SECOND,
  120 * TICKS_PER_SECOND,
] as const;

/**
 * In a track up to this long, all audio after the first segment is one task. Further runs would begin with
 * another state of the encoder's rate control, and would not get the bits of a single pass.
 */
const WHOLE_TRACK_TICKS = 120 * TICKS_PER_SECOND;

/** A run of video segments is at least this share of its decode lead-in, which bounds how much is decoded twice. */
const RUN_PER_LEAD_IN = 0.5;

/** No video run is planned longer, whatever its lead-in: a lost lease must not cost more. */
const LONGEST_RUN_TICKS = 300 * TICKS_PER_SECOND;

/**
 * Plans the tasks in order of need: what plays first comes first, audio before video of the same time. A video
 * task is one segment, or a run of segments where decoding has to begin far before it.
 * @param slots single-threaded encoders that will share the work; 1 where each uses all cores by itself
 */
export function planTasks(
  segments: readonly Segment[],
  video: readonly VideoRendition[],
  audio: readonly AudioRendition[],
  timeline: Pick<FrameTimeline, "keyTicks" | "breakTicks">,
  slots = 1,
): Task[] {
  const runs: (Task & { order: number })[] = [];
  for (const [i, rendition] of audio.entries()) {
    for (const run of audioRuns(segments)) {
      runs.push({ ...task("audio", [rendition.id], run), order: i });
    }
  }
  const spans = videoRuns(segments, timeline);
  const groups = groupCounts(
    spans.map(({ segmentCount }) => segmentCount === 1),
    slots,
  );
  for (const [i, run] of spans.entries()) {
    const parts = renditionGroups(video, groups[i] ?? 1);
    for (const [part, ids] of parts.entries()) {
      const whole = task("video", ids, run);
      const id = parts.length === 1 ? whole.id : `${whole.id}-${part}`;
      runs.push({ ...whole, id, order: audio.length + part });
    }
  }
  runs.sort((a, b) => a.firstSegment - b.firstSegment || a.order - b.order);
  return runs.map(({ order: _, ...rest }) => rest);
}

interface Run {
  firstSegment: number;
  segmentCount: number;
}

function task(kind: Task["kind"], renditions: string[], run: Run): Task {
  const what = kind === "audio" ? renditions[0] : "v";
  return { id: `${what}-${run.firstSegment}`, kind, renditions, ...run };
}

/** With more rounds of tasks than this, idle slots in the last one cost little and cannot be foreseen. */
const MOST_ROUNDS_TO_BALANCE = 8;

/**
 * How many groups of renditions each video task is split into, so that no slot idles. The first task is split,
 * because people wait for it, and the tasks of an incomplete last round are. Each group decodes the source again,
 * so runs with a long lead-in stay whole.
 */
function groupCounts(isSingle: readonly boolean[], slots: number): number[] {
  const counts = isSingle.map(() => 1);
  const rest = isSingle.length - 1;
  if (slots < 2) return counts;
  counts[0] = slots;
  const tail = rest % slots;
  if (rest <= MOST_ROUNDS_TO_BALANCE * slots) {
    for (let i = 0; i < tail; i++) {
      counts[isSingle.length - tail + i] = Math.floor(slots / tail) + (i < slots % tail ? 1 : 0);
    }
  }
  return counts.map((count, i) => (isSingle[i] === true ? count : 1));
}

/** Splits the renditions into groups of about equally many pixels; none is empty. */
function renditionGroups(video: readonly VideoRendition[], count: number): string[][] {
  const groups = Array.from({ length: Math.min(count, video.length) }, () => ({
    ids: [] as string[],
    pixels: 0,
  }));
  const bySize = [...video].sort((a, b) => b.width * b.height - a.width * a.height);
  for (const { id, width, height } of bySize) {
    const lightest = groups.reduce((a, b) => (b.pixels < a.pixels ? b : a));
    lightest.ids.push(id);
    lightest.pixels += width * height;
  }
  return groups.map(({ ids }) => ids);
}

function videoRuns(
  segments: readonly Segment[],
  { keyTicks, breakTicks = [] }: Pick<FrameTimeline, "keyTicks" | "breakTicks">,
): Run[] {
  const runs: Run[] = [];
  let key = 0;
  let next = 0;
  let nextBreak = 0;
  while (next < segments.length) {
    const startTicks = segments[next]?.startTicks ?? 0;
    while (key + 1 < keyTicks.length && (keyTicks[key + 1] ?? 0) <= startTicks) key++;
    while ((breakTicks[nextBreak] ?? Number.POSITIVE_INFINITY) <= startTicks) nextBreak++;
    const leadInTicks = Math.max(0, startTicks - (keyTicks[key] ?? 0));
    const wantedTicks = Math.min(LONGEST_RUN_TICKS, leadInTicks * RUN_PER_LEAD_IN);
    const breakAt = breakTicks[nextBreak] ?? Number.POSITIVE_INFINITY;
    // A chunk holds each frame once, so a segment that repeats a frame begins a new run.
    const run = takeRun(
      segments,
      next,
      wantedTicks,
      (segment) => segment.repeatsFrame === true || segment.startTicks >= breakAt,
    );
    runs.push(run);
    next += run.segmentCount;
  }
  return runs;
}

function audioRuns(segments: readonly Segment[]): Run[] {
  const trackTicks = segments.reduce((sum, segment) => sum + segmentDurationTicks(segment), 0);
  const runs: Run[] = [{ firstSegment: 0, segmentCount: 1 }];
  if (trackTicks <= WHOLE_TRACK_TICKS && segments.length > 1) {
    return [...runs, { firstSegment: 1, segmentCount: segments.length - 1 }];
  }
  let next = 1;
  while (next < segments.length) {
    const wantedTicks =
      AUDIO_RUN_TICKS[runs.length - 1] ?? AUDIO_RUN_TICKS[AUDIO_RUN_TICKS.length - 1] ?? 0;
    const run = takeRun(segments, next, wantedTicks);
    runs.push(run);
    next += run.segmentCount;
  }
  return runs;
}

/**
 * Segments from `firstSegment` on until they last as long as wanted; at least one.
 * @param isApart segments that cannot follow another one in a run
 */
function takeRun(
  segments: readonly Segment[],
  firstSegment: number,
  wantedTicks: number,
  isApart: (segment: Segment) => boolean = () => false,
): Run {
  let lengthTicks = 0;
  let segmentCount = 0;
  do {
    const segment = segments[firstSegment + segmentCount];
    if (segment === undefined) break;
    if (segmentCount > 0 && isApart(segment)) break;
    lengthTicks += segmentDurationTicks(segment);
    segmentCount++;
    // A few ticks short of the length is long enough: cuts are not exactly on the grid.
  } while (lengthTicks < wantedTicks - TICKS_PER_SECOND);
  return { firstSegment, segmentCount };
}
