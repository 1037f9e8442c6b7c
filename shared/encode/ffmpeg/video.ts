import { z } from "zod";
import { type CodedPicture, type CutSegment, cutVideo } from "../../cmaf/cut.ts";
import { roundedPictures } from "../../cmaf/decode-clock.ts";
import { writeInit } from "../../cmaf/init.ts";
import { plannedInit } from "../../cmaf/planned-init.ts";
import { readFragments } from "../../cmaf/read-fragment.ts";
import { readInit } from "../../cmaf/read-init.ts";
import { readAvcConfig } from "../../h264/avc-config.ts";
import { areSameSets, encoderSets, x264Sets } from "../../h264/encoder-sets.ts";
import { X264_SET_ID } from "../../h264/x264-sets.ts";
import { readBoxes } from "../../isobmff/box.ts";
import { TributaryError } from "../../job/errors.ts";
import { segmentFrames, TICKS_PER_SECOND, type VideoRendition } from "../../job/job.ts";
import type { LeaseGrant } from "../../wire/lease.ts";
import { type ColourPlan, type DecodedColour, planColour } from "../colour.ts";
import { probeVideoArgs, videoArgs } from "../ffmpeg-args.ts";
import {
  bySegment,
  durationTicks,
  initOutput,
  mediaOutput,
  type RawOutput,
  type TranscodedTask,
  type TranscodeTask,
} from "../transcode-task.ts";
import { chunkUnreadable, countChunkPackets } from "./chunk.ts";
import { checkExit, missingPictures, ofFfmpeg, pictureNotices } from "./damage.ts";
import type { FfmpegRun, FfmpegRunner } from "./runner.ts";

const CHUNK_FILE = "chunk.mp4";

/** Decodes once and encodes all renditions, in one run. */
export async function transcodeVideo(
  task: TranscodeTask,
  renditions: readonly VideoRendition[],
  runner: FfmpegRunner,
  onProgress: (progress: number) => void,
): Promise<TranscodedTask> {
  const { segments, source } = task.grant;
  const files = { input: CHUNK_FILE, outputs: renditions.map(({ id }) => `${id}.mp4`) };
  if (countChunkPackets(task.chunk) === 0) throw chunkUnreadable();
  try {
    await runner.write(CHUNK_FILE, task.chunk);
    const planned = renditions[0]?.parameterSets?.colour;
    const colour = planColour(await probeColour(runner), source.video, planned);
    const wantedSeconds = durationTicks(segments) / TICKS_PER_SECOND;
    const args = videoArgs(
      { renditions, segments, source: source.video, chunk: task.info, colour },
      files,
    );
    const run = await runner.ffmpeg(args, (seconds) =>
      onProgress(timeShare(seconds / wantedSeconds)),
    );
    checkExit(run, segments);
    const inits: RawOutput[] = [];
    const media: RawOutput[] = [];
    for (const [index, rendition] of renditions.entries()) {
      const encoded = await runner.read(files.outputs[index] ?? "");
      const { init, cuts } = packageVideo(encoded, rendition, task.grant, colour, run);
      inits.push(initOutput(rendition.id, segments, init));
      media.push(...cuts.map((cut) => mediaOutput(rendition.id, cut)));
    }
    return { outputs: [...inits, ...bySegment(media)], notices: pictureNotices(run, segments) };
  } finally {
    for (const file of [CHUNK_FILE, ...files.outputs]) await runner.remove(file);
  }
}

/**
 * Share of a task's time that passes before its first picture comes out: ffmpeg decodes the lead-in, and x264
 * looks ahead.
 */
const STARTING_SHARE = 0.3;
/** Share of the pictures that are out when the last one goes in. */
const OUT_AT_END = 0.9;

/**
 * Share of a task's time that has passed when this share of its pictures is made. Measured with veryfast on one
 * thread: 0.45, 0.78 and 0.94 of the time at 0.27, 0.51 and 0.82 of the pictures.
 */
function timeShare(made: number): number {
  if (made <= 0) return 0;
  return Math.min(1, STARTING_SHARE + ((1 - STARTING_SHARE) * made) / OUT_AT_END);
}

const probedSchema = z.object({
  pix_fmt: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
});
const probeSchema = z.object({
  frames: z.array(probedSchema).default([]),
  streams: z.array(probedSchema).default([]),
});

/**
 * Colours of the first decoded frame, because the container may disagree with the frames. Where the first
 * packet alone gives no frame, the container's colours.
 */
async function probeColour(runner: FfmpegRunner): Promise<DecodedColour> {
  const { frames, streams } = parseProbe(await runner.ffprobe(probeVideoArgs(CHUNK_FILE)));
  const probed = frames[0] ?? streams[0] ?? {};
  const known = (name: string | undefined): string | undefined =>
    name === "unknown" || name === "reserved" ? undefined : name;
  return {
    pixelFormat: known(probed.pix_fmt),
    range: known(probed.color_range),
    matrix: known(probed.color_space),
    primaries: known(probed.color_primaries),
    transfer: known(probed.color_transfer),
  };
}

/** Nothing is known of a chunk that ffprobe cannot read; ffmpeg will say what is wrong with it. */
function parseProbe(printed: string): z.infer<typeof probeSchema> {
  try {
    return probeSchema.parse(JSON.parse(printed));
  } catch {
    return { frames: [], streams: [] };
  }
}

function packageVideo(
  encoded: Uint8Array,
  rendition: VideoRendition,
  { segments, source }: Pick<LeaseGrant, "segments" | "source">,
  colour: ColourPlan,
  run: FfmpegRun,
): { init: Uint8Array<ArrayBuffer>; cuts: CutSegment[] } {
  const planned = segments.reduce((total, segment) => total + segmentFrames(segment), 0);
  const { pictures, avcConfig } = readEncodedVideo(encoded, planned);
  if (pictures.length < planned)
    throw missingPictures(planned - pictures.length, planned, segments, run);
  const { nalLengthBytes } = readAvcConfig(avcConfig);
  return ofFfmpeg(() => {
    const cuts = cutVideo(pictures, segments, nalLengthBytes, roundedPictures(source.video));
    return { init: initOf(avcConfig, rendition, colour), cuts };
  });
}

/**
 * The planned init segment, which holds x264's parameter sets.
 * @throws TributaryError ENCODE_FAILED when x264 wrote other parameter sets than the planned ones
 */
function initOf(
  avcConfig: Uint8Array,
  rendition: VideoRendition,
  { tags: colour }: ColourPlan,
): Uint8Array<ArrayBuffer> {
  const { width, height } = rendition;
  const planned = plannedInit(rendition);
  if (planned === null) {
    return writeInit({ kind: "video", width, height, avcConfig, colour }, TICKS_PER_SECOND);
  }
  const said = { width, height, level: rendition.level, colours: colour };
  if (!areSameSets(encoderSets(avcConfig, X264_SET_ID, said), x264Sets(said))) {
    throw new TributaryError("ENCODE_FAILED", "This build of x264 writes other parameter sets.");
  }
  return planned;
}

/**
 * Pictures in decode order and the decoder configuration, from ffmpeg's fragmented MP4.
 * @param planned number of pictures; more than 10,000 beyond it are an error
 */
function readEncodedVideo(
  encoded: Uint8Array,
  planned: number,
): { pictures: CodedPicture[]; avcConfig: Uint8Array } {
  const boxes = readBoxes(encoded);
  const firstMoof = boxes.find((box) => box.type === "moof");
  const initEnd = firstMoof?.start ?? encoded.length;
  const media = encoded.subarray(initEnd);
  const pictures: CodedPicture[] = [];
  for (const fragment of readFragments(media, planned + 10_000)) {
    let at = fragment.dataOffset;
    let decodeTicks = fragment.baseDecodeTicks;
    for (const sample of fragment.samples) {
      pictures.push({
        data: media.subarray(at, at + sample.sizeBytes),
        isSync: sample.isSync,
        presentedAt: decodeTicks + sample.compositionOffsetTicks,
      });
      at += sample.sizeBytes;
      decodeTicks += sample.durationTicks;
    }
  }
  return { pictures, avcConfig: readInit(encoded.subarray(0, initEnd)).config };
}
