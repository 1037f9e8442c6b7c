import { checkOutputs } from "../../../shared/cmaf/check.ts";
import type { RawOutput, TranscodeTask } from "../../../shared/encode/transcode-task.ts";
import { TICKS_PER_SECOND, type VideoRendition } from "../../../shared/job/job.ts";
import type { TranscodeEngine } from "../engines/engine.ts";
import { readChunkPackets } from "../engines/webcodecs/chunk-packets.ts";
import { BARS, BARS_CLIPS, type BarsClip, fieldsOf } from "../engines/webcodecs/colour-bars.ts";
import { compareBars } from "./bars-likeness.ts";
import { type CodedVideo, codedOutput, decodeFrames } from "./decode-frames.ts";
import { fetchBars } from "./fetch-bars.ts";
import { isWithoutYuv, PlaneReader } from "./planes.ts";
import type { Planes } from "./samples.ts";
import { statedVideo } from "./stated-video.ts";

/** The size as drawn, and one scaled by a ratio for which no filter has a special case. */
const RENDITIONS: readonly VideoRendition[] = [
  { id: "v720", kind: "video", width: 1280, height: 720, bitsPerSecond: 3_000_000, level: 31 },
  { id: "v480", kind: "video", width: 854, height: 480, bitsPerSecond: 1_400_000, level: 31 },
];

/**
 * Largest error allowed, in levels. A wrong matrix moves a bar by 14 or more, a wrong range by 16. Coding, rounding
 * and a detour through RGB move it by up to 3.
 */
const MOST_LEVELS = 5;
/** Largest displacement allowed for a single edge, in samples; coding moves some by up to 0.31. */
const MOST_SAMPLES = 0.75;
/**
 * Largest mean displacement allowed for all edges of a plane, in its samples. Coding moved luma by up to 0.07 and
 * chroma by up to 0.04 in Chromium 156, Firefox 153 and WebKitGTK 2.50. A scaler that counts from corners in place of
 * centres moves both by 0.17. Chroma may lie between two columns or on one of them, so a correct scaler may move it
 * by 0.08. So a fault of a quarter of a pixel, 0.125, is not found; one of half a pixel is.
 */
const MOST_SHIFT = 0.125;

/** One engine's errors on a clip: the largest over all frames of the clip itself, as decoded, and of the renditions. */
export interface ColourMeasure {
  clip: string;
  levels: number;
  samples: number;
  /** Means over all edges and frames of each of these videos, in the order of `BarsLikeness.shifts`. */
  shifts: number[][];
  inRgb: boolean;
}

/** Result of an engine's test with colour bars. */
export interface ColourProof {
  /** Why its pictures cannot be trusted, in one plain sentence; null when they can. */
  fault: string | null;
  /** Whether its decoder hands out RGB. */
  inRgb: boolean;
}

/**
 * Has an engine decode, scale and encode colour bars as in a job. Decodes the output, and the bars themselves, and
 * compares all planes with the drawn values. Wrong matrices, ranges, plane orders and scaling phases show. An engine
 * that throws is not trusted either.
 */
export async function proveColours(engine: TranscodeEngine): Promise<ColourProof> {
  const proof: ColourProof = { fault: null, inRgb: false };
  const measured = await Promise.allSettled(BARS_CLIPS.map((clip) => measureColours(engine, clip)));
  for (const [index, clip] of BARS_CLIPS.entries()) {
    const first = measured[index];
    try {
      // Some devices have few encoders, so a clip that failed beside the other one is tried again alone.
      const measure =
        first?.status === "fulfilled" ? first.value : await measureColours(engine, clip);
      proof.inRgb ||= measure.inRgb;
      proof.fault ??= faultOf(measure);
    } catch (thrown) {
      console.info("The colour bars failed:", thrown);
      proof.fault ??= "This browser's codecs failed at a test picture.";
    }
  }
  return proof;
}

/** The fault in one plain sentence; null without a fault. */
export function faultOf({ levels, samples, shifts }: ColourMeasure): string | null {
  if (levels > MOST_LEVELS) {
    return `This browser's codecs change colours, by ${Math.round(levels)} of 255 levels.`;
  }
  const shift = Math.max(...shifts.flat().map(Math.abs));
  if (samples <= MOST_SAMPLES && shift <= MOST_SHIFT) return null;
  const moved = samples > MOST_SAMPLES ? samples : shift;
  return `This browser's codecs move pictures, by ${moved.toFixed(1)} pixels.`;
}

/**
 * The bars as an engine makes them.
 * @throws TributaryError as `measureColours`
 */
export async function makeBars(
  engine: TranscodeEngine,
  clip: BarsClip,
): Promise<{ task: TranscodeTask; outputs: RawOutput[] }> {
  const task = await taskOf(clip);
  const { outputs } = await engine.transcode(task, () => {});
  checkOutputs(outputs, task.grant);
  return { task, outputs };
}

/** @throws TributaryError what the engine, the gate and the decoder throw; Error where the clip cannot be fetched */
export async function measureColours(
  engine: TranscodeEngine,
  clip: BarsClip,
): Promise<ColourMeasure> {
  const { task, outputs } = await makeBars(engine, clip);
  const measure: ColourMeasure = {
    ...{ clip: clip.name, levels: 0, samples: 0, inRgb: false },
    shifts: [],
  };
  // A fault that undoes itself, as swapped planes, does not show in what the same decoder makes of the outputs.
  await addTo(measure, await readChunkPackets(task.chunk), clip);
  for (const { id } of RENDITIONS) {
    const own = outputs.filter(({ rendition }) => rendition === id);
    const bytesOf = (kind: "init" | "media") =>
      own.filter((output) => output.kind === kind).map(({ bytes }) => bytes);
    const coded = codedOutput(
      bytesOf("init")[0] ?? new Uint8Array(),
      bytesOf("media"),
      task.grant.segments,
    );
    await addTo(measure, coded, clip);
  }
  return measure;
}

/** The errors of one video of the bars, as the browser decodes it. */
async function addTo(measure: ColourMeasure, coded: CodedVideo, clip: BarsClip): Promise<void> {
  const stated = statedVideo(coded, clip.tags);
  const reader = new PlaneReader(stated.rgb);
  let frame = 0;
  const sums = new Array<number>(6).fill(0);
  const read = (shown: VideoFrame): Promise<Planes> => {
    measure.inRgb ||= isWithoutYuv(shown);
    return reader.read(shown);
  };
  for await (const planes of decodeFrames(stated, read)) {
    const { levels, samples, shifts } = compareBars(planes, fieldsOf(frame, clip.tags.matrix));
    measure.levels = Math.max(measure.levels, levels);
    measure.samples = Math.max(measure.samples, samples);
    shifts.forEach((each, index) => {
      sums[index] = (sums[index] ?? 0) + each;
    });
    frame += 1;
  }
  if (frame !== BARS.frames) measure.levels = 255;
  measure.shifts.push(sums.map((sum) => sum / BARS.frames));
}

async function taskOf(clip: BarsClip): Promise<TranscodeTask> {
  const chunk = await fetchBars(clip);
  const { width, height, frames, framesPerSecond } = BARS;
  const frameTicks = TICKS_PER_SECOND / framesPerSecond;
  const durationTicks = frames * frameTicks;
  const segments = [
    { index: 0, startTicks: 0, durations: [[frames, frameTicks]] as [[number, number]] },
  ];
  const renditions = RENDITIONS.map(({ id }) => id);
  return {
    chunk,
    info: {
      taskId: "bars",
      sizeBytes: chunk.length,
      baseTicks: 0,
      trimStartTicks: -frameTicks / 2,
      trimEndTicks: durationTicks - frameTicks / 2,
    },
    grant: {
      task: { id: "bars", kind: "video", renditions, firstSegment: 0, segmentCount: 1 },
      segments,
      renditions: [...RENDITIONS],
      source: {
        durationTicks,
        audio: [],
        video: {
          codec: "avc1.64001f",
          ...{ width, height, displayWidth: width, displayHeight: height },
          ...{ frames, frameRate: framesPerSecond, frameStep: 1, evenFrames: true },
          ...{ rotation: 0, interlaced: false, bitDepth: 8, transfer: "sdr" },
        },
      },
    },
  };
}
