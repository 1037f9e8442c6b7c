import { X264_SET_ID } from "../h264/x264-sets.ts";
import {
  expandDurations,
  RATE_SHARE,
  runRateShare,
  type Segment,
  TICKS_PER_SECOND,
  type VideoFacts,
  type VideoRendition,
} from "../job/job.ts";
import { keyFrameIndexes } from "../job/key-frames.ts";
import type { ChunkInfo } from "../wire/lease.ts";
import type { ColourPlan } from "./colour.ts";
import { NOMINAL_PEAK, WHITE } from "./tone-curve.ts";

/**
 * One task as ffmpeg's arguments, for ffmpeg.wasm and native ffmpeg (5.1) alike. Equal arguments and
 * equal chunks give equal pictures and, single-threaded and without assembler, equal bytes.
 */

/** Pinned: the init segment depends on it, and results are compared by hash. */
export const X264_PRESET = "veryfast";

/** B-frames in a row; the one in the middle serves the others as a reference. */
const X264_B_FRAMES = 3;

/** Decoder buffer, in seconds of the rendition's bit rate; it fills at `RATE_SHARE.most` times that rate. */
const BUFFER_SECONDS = 3;

/**
 * x264's first guess is stingy: with single-pass rates the first frames of a task were up to 10 dB below
 * the rest. The first frame gets this many times the bits that x264 would give it. The whole task gains,
 * because all other frames build on the first.
 */
const FIRST_FRAME_SHARE = 3;

/** Makes B-frames rarer. In jerky motion, x264 veryfast codes moving parts in them as skipped: they lag or lead. */
const B_FRAME_BIAS = -5;

/**
 * On top of the preset: a smaller motion search, and no partitions in B-frames. Together they take 0.83 of the
 * time and cost at most 0.16 dB of luma PSNR at equal bits (five clips, 480p at 1 Mbit/s). Without partitions
 * in P-frames, too, it was 0.77 of the time and up to 0.8 dB.
 */
const X264_SEARCH = "me=dia:analyse=i4x4,i8x8,p8x8";

/** Each line gets its level ("[error] …"), and repeated lines are not collapsed, so that they can be counted. */
export const LOG = ["-hide_banner", "-loglevel"];
export const LOG_PROBLEMS = "repeat+level+warning";
export const LOG_FRAMES = "repeat+level+info";

/**
 * Arguments for an input of exactly this format. A hostile file cannot make ffmpeg choose another demuxer
 * (for playlists or lists), and the demuxer can open only local files, in the runner's own folder.
 */
export function localInput(
  format: "mov" | "f32le",
  file: string,
  options: string[] = [],
): string[] {
  return ["-protocol_whitelist", "file,pipe", "-f", format, ...options, "-i", file];
}

export interface VideoTaskFiles {
  input: string;
  /** One a rendition, in order. */
  outputs: string[];
}

export interface VideoTask {
  renditions: readonly VideoRendition[];
  segments: readonly Segment[];
  source: VideoFacts;
  chunk: Pick<ChunkInfo, "baseTicks" | "trimStartTicks" | "trimEndTicks">;
  colour: ColourPlan;
}

/**
 * Decodes once, encodes all renditions. Each output is fragmented MP4 of which only the samples, their
 * order and the decoder configuration are used (`cmaf/cut.ts` writes the times).
 */
export function videoArgs(task: VideoTask, files: VideoTaskFiles): string[] {
  const { renditions } = task;
  const forced = forcedKeyFrameSeconds(task.segments, leastTicks(task.source)).map((seconds) =>
    seconds.toFixed(6),
  );
  const outputs = renditions.flatMap((rendition, index) => [
    "-map",
    `[out${index}]`,
    "-map_metadata",
    "-1",
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    `1:${TICKS_PER_SECOND}`,
    "-video_track_timescale",
    String(TICKS_PER_SECOND),
    ...x264Args(rendition, task),
    ...(forced.length > 0 ? ["-force_key_frames", forced.join(",")] : []),
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-f",
    "mp4",
    "-movflags",
    "+cmaf+frag_keyframe+frag_discont+skip_trailer",
    files.outputs[index] ?? "",
  ]);
  return [
    ...LOG,
    LOG_PROBLEMS,
    "-copyts",
    ...localInput("mov", files.input),
    "-filter_complex",
    videoGraph(task),
    ...outputs,
  ];
}

function x264Args(rendition: VideoRendition, { source, segments }: VideoTask): string[] {
  const { bitsPerSecond, level } = rendition;
  const frameRate = source.frameRate / source.frameStep;
  return [
    "-c:v",
    "libx264",
    "-preset",
    X264_PRESET,
    "-profile:v",
    "high",
    "-level:v",
    `${Math.floor(level / 10)}.${level % 10}`,
    "-b:v",
    String(Math.round(bitsPerSecond * runRateShare(segments))),
    "-maxrate",
    String(Math.round(bitsPerSecond * RATE_SHARE.most)),
    "-bufsize",
    String(Math.round(bitsPerSecond * BUFFER_SECONDS)),
    // Key frames only where they are forced: each begins a fragment.
    "-sc_threshold",
    "0",
    "-g",
    "1000000",
    "-bf",
    String(X264_B_FRAMES),
    // Threads change the bits, and wasm has one.
    "-threads",
    "1",
    // `fps`: the chunk's own rate is a guess of the demuxer, on which x264's first guess must not depend.
    "-x264-params",
    `fps=${Math.round(frameRate * 1000)}/1000:zones=0,0,b=${FIRST_FRAME_SHARE}:b-bias=${B_FRAME_BIAS}:${X264_SEARCH}` +
      // A browser's encoder in the same rendition uses id 0, so x264's sets get another one.
      (rendition.parameterSets === undefined ? "" : `:sps-id=${X264_SET_ID}`),
  ];
}

function videoGraph(task: VideoTask): string {
  const { source, chunk, renditions, colour } = task;
  const seconds = (ticks: number): string =>
    ((ticks - chunk.baseTicks) / TICKS_PER_SECOND).toFixed(7);
  const startTicks = (task.segments[0]?.startTicks ?? chunk.baseTicks) - chunk.baseTicks;
  const shared = [
    // Before the trim, because the first and last frame need their neighbours. One frame out for each in.
    ...(source.interlaced ? ["bwdif=mode=send_frame:parity=auto:deint=interlaced"] : []),
    `trim=start=${seconds(chunk.trimStartTicks)}:end=${seconds(chunk.trimEndTicks)}`,
    ...(source.frameStep > 1 ? [`select=not(mod(n\\,${source.frameStep}))`] : []),
    // Not STARTPTS: where pictures change their size, ffmpeg sets up the whole graph again.
    spacedTimes(`PTS-round(${startTicks}/${TICKS_PER_SECOND}/TB)`, leastTicks(source)),
    ...conversionFilters(colour, largest(renditions)),
  ];
  const branches = renditions.map((_, index) => `[in${index}]`).join("");
  const scaled = renditions.map(({ width, height }, index) => {
    const { primaries, transfer, matrix: space } = colour.output;
    // Kept colours are not converted: without an output matrix, `scale` leaves them as they are.
    const matrix = colour.conversion.kind === "keep" ? "" : `:out_color_matrix=${space}`;
    const size = source.mixedShapes === true ? bordered(width, height) : `${width}:${height}`;
    const borders = source.mixedShapes === true ? `pad=${width}:${height}:-1:-1,` : "";
    return (
      `[in${index}]scale=${size}:out_range=tv${matrix},${borders}setsar=1,format=yuv420p,` +
      `setparams=range=tv:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${space}[out${index}]`
    );
  });
  return `[0:v:0]${shared.join(",")},split=${renditions.length}${branches};${scaled.join(";")}`;
}

/**
 * x264 would give a picture right after another one hardly any bits, and later pictures would suffer. So the
 * times that x264 sees are at least `ticks` apart; `cmaf/cut.ts` writes the planned times in any case.
 */
function spacedTimes(time: string, ticks: number): string {
  const apart = `PREV_OUTPTS+round(${ticks}/${TICKS_PER_SECOND}/TB)`;
  return `setpts='if(isnan(PREV_OUTPTS),${time},max(${time},${apart}))'`;
}

/** Least distance of frames as x264 sees them: a quarter of their average duration. */
function leastTicks({ frameRate, frameStep }: VideoFacts): number {
  return Math.round((TICKS_PER_SECOND * frameStep) / frameRate / 4);
}

/** `scale` expression for the largest size of the picture's own shape that fits into width and height. */
function bordered(width: number, height: number): string {
  const even = (size: string) => `'2*round(min(${size})/2)'`;
  return `${even(`${width},${height}*dar`)}:${even(`${height},${width}/dar`)}`;
}

/** The slow part of a conversion is done once, at the size of the largest rendition. */
function conversionFilters(
  { conversion }: ColourPlan,
  size: { width: number; height: number },
): string[] {
  const sized = `w=${size.width}:h=${size.height}`;
  if (conversion.kind === "gamut")
    return [`zscale=${sized}:p=bt709:t=bt709:m=bt709:r=tv`, "format=yuv420p"];
  if (conversion.kind !== "tone-map") return [];
  const { primaries, transfer, matrix } = conversion.input;
  return [
    `zscale=${sized}:pin=${primaries}:p=${primaries}:tin=${transfer}:min=${matrix}:rin=${conversion.range}:t=linear:npl=${NOMINAL_PEAK}`,
    "format=gbrpf32le",
    "zscale=p=bt709",
    `tonemap=tonemap=hable:desat=0:peak=${WHITE}`,
    "zscale=t=bt709:m=bt709:r=tv",
    "format=yuv420p",
  ];
}

function largest(renditions: readonly VideoRendition[]): { width: number; height: number } {
  return renditions.reduce((a, b) => (b.width > a.width ? b : a));
}

/**
 * Key frames after the first, in seconds from the task's first frame. They are half a frame early, because
 * ffmpeg takes the first frame at or after a time, and rounding must not make that the next one.
 * @param leastTicks least distance of frames as x264 sees them
 */
export function forcedKeyFrameSeconds(segments: readonly Segment[], leastTicks = 0): number[] {
  const startTicks = segments[0]?.startTicks ?? 0;
  const seconds: number[] = [];
  let previousTicks = Number.NEGATIVE_INFINITY;
  for (const segment of segments) {
    const durations = expandDurations(segment.durations);
    const keys = new Set(keyFrameIndexes(segment));
    let plannedTicks = segment.startTicks - startTicks;
    durations.forEach((durationTicks, index) => {
      const atTicks = Math.max(plannedTicks, previousTicks + leastTicks);
      if (keys.has(index) && atTicks > 0)
        seconds.push((Math.max(0, previousTicks) + atTicks) / 2 / TICKS_PER_SECOND);
      previousTicks = atTicks;
      plannedTicks += durationTicks;
    });
  }
  return seconds;
}

/** ffprobe's arguments: it prints the colours of the first frame and of the container as JSON. */
export function probeVideoArgs(input: string): string[] {
  return [
    "-v",
    "error",
    "-select_streams",
    "v:0",
    "-read_intervals",
    "%+#1",
    "-show_entries",
    "frame=pix_fmt,color_range,color_space,color_primaries,color_transfer:" +
      "stream=pix_fmt,color_range,color_space,color_primaries,color_transfer",
    "-of",
    "json=compact=1",
    ...localInput("mov", input),
  ];
}
