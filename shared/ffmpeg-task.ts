import {
  parseDecodedFrames,
  placeAudio,
  planAudioRun,
  planPcmWindow,
  readAdtsFrames,
} from "./audio-grid.ts";
import { readAvcConfig } from "./cmaf/avc.ts";
import { only, readBoxes, readChildren } from "./cmaf/box.ts";
import { type CodedPicture, type CutSegment, cutAudioSegment, cutVideo } from "./cmaf/cut.ts";
import { readFragments } from "./cmaf/fragment.ts";
import { readInit, writeInit } from "./cmaf/init.ts";
import { type ColourPlan, type DecodedColour, planColour } from "./colour.ts";
import { TributaryError } from "./errors.ts";
import { decodeAudioArgs, encodeAudioArgs, probeVideoArgs, videoArgs } from "./ffmpeg-args.ts";
import {
  type AudioRendition,
  type Segment,
  segmentDurationTicks,
  segmentFrames,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "./job.ts";
import type { ChunkInfo, LeaseGrant } from "./protocol.ts";

/** One task by ffmpeg, whichever ffmpeg it is: wasm in a tab or in Node, or a native process. */

export interface FfmpegRun {
  exitCode: number;
  /** Log lines, each with its level ("[error] …"). */
  lines: string[];
}

/** Files are names in a folder of the runner's own. */
export interface FfmpegRunner {
  write(file: string, bytes: Uint8Array): Promise<void>;
  read(file: string): Promise<Uint8Array>;
  /** No error when there is none. */
  remove(file: string): Promise<void>;
  /**
   * Throws OUT_OF_MEMORY, WORKER_CRASHED when ffmpeg itself broke; a failed run is an exit code.
   * @param onTime seconds of output made so far; called at least twice a second
   */
  ffmpeg(args: readonly string[], onTime: (seconds: number) => void): Promise<FfmpegRun>;
  /** What ffprobe printed. */
  ffprobe(args: readonly string[]): Promise<string>;
}

export interface TranscodeTask {
  grant: Pick<LeaseGrant, "task" | "segments" | "renditions" | "source">;
  info: ChunkInfo;
  chunk: Uint8Array;
}

/** An output before it is hashed. */
export interface RawOutput {
  rendition: string;
  kind: "init" | "media";
  segment: number;
  frames: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface TranscodedTask {
  /** Inits first, then media by segment. */
  outputs: RawOutput[];
  warnings: string[];
}

const CHUNK_FILE = "chunk.mp4";
const DECODED_FILE = "decoded.f32";
const PLACED_FILE = "placed.f32";
const ADTS_FILE = "sound.aac";

/**
 * Throws CHUNK_UNREADABLE, DECODE_FAILED (not retryable: decoding is deterministic, the source itself
 * is damaged), FRAME_COUNT_WRONG, ENCODE_FAILED, OUT_OF_MEMORY.
 * @param onProgress 0..1, also when nothing moved
 */
export async function runFfmpegTask(
  task: TranscodeTask,
  runner: FfmpegRunner,
  onProgress: (progress: number) => void,
): Promise<TranscodedTask> {
  const { renditions } = task.grant;
  const video = renditions.filter((rendition) => rendition.kind === "video");
  const audio = renditions.filter((rendition) => rendition.kind === "audio");
  if (task.grant.task.kind === "video") return transcodeVideo(task, video, runner, onProgress);
  const [rendition] = audio;
  if (rendition === undefined)
    throw new TributaryError("PLAN_INVALID", "A sound task without a rendition.");
  return transcodeAudio(task, rendition, runner, onProgress);
}

// ---------------------------------------------------------------- video

async function transcodeVideo(
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
    const colour = planColour(await probeColour(runner), source.video);
    const wantedSeconds = durationTicks(segments) / TICKS_PER_SECOND;
    const args = videoArgs(
      { renditions, segments, source: source.video, chunk: task.info, colour },
      files,
    );
    const run = await runner.ffmpeg(args, (seconds) => onProgress(share(seconds, wantedSeconds)));
    checkExit(run, segments);
    const inits: RawOutput[] = [];
    const media: RawOutput[] = [];
    for (const [index, rendition] of renditions.entries()) {
      const encoded = await runner.read(files.outputs[index] ?? "");
      const { init, cuts } = packageVideo(encoded, rendition, segments, colour, run);
      inits.push(initOutput(rendition.id, segments, init));
      media.push(...cuts.map((cut) => mediaOutput(rendition.id, cut)));
    }
    return { outputs: [...inits, ...bySegment(media)], warnings: pictureWarnings(run, segments) };
  } finally {
    for (const file of [CHUNK_FILE, ...files.outputs]) await runner.remove(file);
  }
}

async function probeColour(runner: FfmpegRunner): Promise<DecodedColour> {
  const printed = await runner.ffprobe(probeVideoArgs(CHUNK_FILE));
  const said = (name: string): string | undefined => {
    const value = new RegExp(`"${name}": "([^"]+)"`).exec(printed)?.[1];
    return value === "unknown" || value === "reserved" ? undefined : value;
  };
  return {
    pixelFormat: said("pix_fmt"),
    range: said("color_range"),
    matrix: said("color_space"),
    primaries: said("color_primaries"),
    transfer: said("color_transfer"),
  };
}

function packageVideo(
  encoded: Uint8Array,
  rendition: VideoRendition,
  segments: readonly Segment[],
  colour: ColourPlan,
  run: FfmpegRun,
): { init: Uint8Array<ArrayBuffer>; cuts: CutSegment[] } {
  const { pictures, avcConfig } = readEncodedVideo(encoded, segments);
  const planned = segments.reduce((total, segment) => total + segmentFrames(segment), 0);
  if (pictures.length < planned)
    throw missingPictures(planned - pictures.length, planned, segments, run);
  const track = {
    kind: "video" as const,
    width: rendition.width,
    height: rendition.height,
    avcConfig,
    colour: colour.tags,
  };
  return {
    init: writeInit(track, TICKS_PER_SECOND),
    cuts: cutVideo(pictures, segments, readAvcConfig(avcConfig).nalLengthBytes),
  };
}

/** Pictures in decode order and the decoder configuration, from ffmpeg's fragmented MP4. */
function readEncodedVideo(
  encoded: Uint8Array,
  segments: readonly Segment[],
): { pictures: CodedPicture[]; avcConfig: Uint8Array } {
  const planned = segments.reduce((total, segment) => total + segmentFrames(segment), 0);
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

// ---------------------------------------------------------------- audio

async function transcodeAudio(
  task: TranscodeTask,
  rendition: AudioRendition,
  runner: FfmpegRunner,
  onProgress: (progress: number) => void,
): Promise<TranscodedTask> {
  const { segments } = task.grant;
  const { sampleRate, channels } = rendition;
  const run = planAudioRun(segments, sampleRate);
  const wantedSeconds = (run.endSample - run.startSample) / sampleRate;
  try {
    const decoding = await decodeAudio(task, rendition, runner, (seconds) =>
      onProgress(share(seconds, wantedSeconds) / 2),
    );
    const decoded = parseDecodedFrames(decoding.lines);
    const sourceRate = decoded.sampleRate || sampleRate;
    const window = planPcmWindow(run, sampleRate, sourceRate);
    const placed = placeAudio(decoding.pcm, decoded, task.info.baseTicks, window, channels);
    await runner.remove(DECODED_FILE);
    await runner.write(PLACED_FILE, new Uint8Array(placed.buffer));
    const pcm = { file: PLACED_FILE, sampleRate: sourceRate, skipSamples: window.skipSamples };
    const encoding = await runner.ffmpeg(encodeAudioArgs(rendition, pcm, ADTS_FILE), (seconds) =>
      onProgress(0.5 + share(seconds, wantedSeconds) / 2),
    );
    if (encoding.exitCode !== 0)
      throw new TributaryError("ENCODE_FAILED", "The sound could not be encoded.");
    const frames = readAdtsFrames(await runner.read(ADTS_FILE)).slice(run.dropFrames);
    const media = cutAudio(frames, segments, run.firstFrame, run.framesPerSegment);
    const init = writeInit({ kind: "audio", sampleRate, channels }, sampleRate);
    return {
      outputs: [
        initOutput(rendition.id, segments, init),
        ...media.map((cut) => mediaOutput(rendition.id, cut)),
      ],
      warnings: soundWarnings(decoding.lines, segments),
    };
  } finally {
    for (const file of [CHUNK_FILE, DECODED_FILE, PLACED_FILE, ADTS_FILE])
      await runner.remove(file);
  }
}

/** A chunk without packets is silence: the source has no sound there. */
async function decodeAudio(
  task: TranscodeTask,
  rendition: AudioRendition,
  runner: FfmpegRunner,
  onTime: (seconds: number) => void,
): Promise<{ pcm: Float32Array; lines: string[] }> {
  if (countChunkPackets(task.chunk) === 0) return { pcm: new Float32Array(0), lines: [] };
  await runner.write(CHUNK_FILE, task.chunk);
  const run = await runner.ffmpeg(decodeAudioArgs(rendition, CHUNK_FILE, DECODED_FILE), onTime);
  await runner.remove(CHUNK_FILE);
  if (run.exitCode !== 0)
    throw decodeFailed(`The sound ${between(task.grant.segments)} cannot be decoded.`);
  const bytes = await runner.read(DECODED_FILE);
  if (bytes.length === 0)
    throw decodeFailed(`The sound ${between(task.grant.segments)} cannot be decoded.`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return {
    pcm: new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2),
    lines: run.lines,
  };
}

function cutAudio(
  frames: readonly Uint8Array[],
  segments: readonly Segment[],
  firstFrame: number,
  framesPerSegment: readonly number[],
): CutSegment[] {
  let taken = 0;
  return segments.map((segment, index) => {
    const wanted = framesPerSegment[index] ?? 0;
    const own = frames.slice(taken, taken + wanted);
    if (own.length !== wanted) {
      throw new TributaryError(
        "FRAME_COUNT_WRONG",
        `${own.length} AAC frames were made where ${wanted} are planned.`,
      );
    }
    taken += wanted;
    return cutAudioSegment(segment, own, firstFrame + taken - wanted);
  });
}

/** Packets of the chunk's only track. Throws CHUNK_UNREADABLE when it is no MP4. */
function countChunkPackets(chunk: Uint8Array): number {
  try {
    const moov = readChildren(chunk, only(readBoxes(chunk), "moov"));
    const trak = moov.find((box) => box.type === "trak");
    if (trak === undefined) return 0;
    const mdia = readChildren(chunk, only(readChildren(chunk, trak), "mdia"));
    const stbl = readChildren(chunk, only(readChildren(chunk, only(mdia, "minf")), "stbl"));
    const stsz = only(stbl, "stsz");
    return new DataView(chunk.buffer, chunk.byteOffset).getUint32(stsz.bodyStart + 8);
  } catch (cause) {
    throw chunkUnreadable(cause);
  }
}

// ---------------------------------------------------------------- outcome

function initOutput(
  rendition: string,
  segments: readonly Segment[],
  bytes: Uint8Array<ArrayBuffer>,
): RawOutput {
  return { rendition, kind: "init", segment: segments[0]?.index ?? 0, frames: 0, bytes };
}

function mediaOutput(rendition: string, cut: CutSegment): RawOutput {
  return {
    rendition,
    kind: "media",
    segment: cut.segment.index,
    frames: cut.frames,
    bytes: cut.bytes,
  };
}

function bySegment(outputs: readonly RawOutput[]): RawOutput[] {
  return [...outputs].sort((a, b) => a.segment - b.segment);
}

function checkExit(run: FfmpegRun, segments: readonly Segment[]): void {
  if (run.exitCode === 0) return;
  if (run.lines.some((line) => line.includes("Cannot allocate memory"))) {
    throw new TributaryError("OUT_OF_MEMORY", "There is not enough memory to encode this video.");
  }
  if (damageLines(run.lines).length > 0)
    throw decodeFailed(`The picture ${between(segments)} cannot be decoded.`);
  const said = run.lines.findLast((line) => line.includes("[error]") || line.includes("[fatal]"));
  throw new TributaryError(
    "ENCODE_FAILED",
    `Encoding failed${said === undefined ? "" : `: ${plain(said)}`}.`,
  );
}

function missingPictures(
  missing: number,
  planned: number,
  segments: readonly Segment[],
  run: FfmpegRun,
): TributaryError {
  const cause = damageLines(run.lines)[0];
  return decodeFailed(
    `${missing} of ${planned} pictures ${between(segments)} cannot be decoded: the source is damaged there.`,
    cause,
  );
}

function chunkUnreadable(cause?: unknown): TributaryError {
  return new TributaryError("CHUNK_UNREADABLE", "A piece of the source cannot be read.", { cause });
}

function decodeFailed(message: string, cause?: unknown): TributaryError {
  return new TributaryError("DECODE_FAILED", message, { retryable: false, cause });
}

/**
 * ffmpeg ends with 0 on damaged input and fills the holes by guess. These lines are its own, not a
 * codec's: a codec also complains of references that were left out on purpose (open GOPs).
 */
function damageLines(lines: readonly string[]): string[] {
  return lines.filter((line) =>
    /corrupt decoded frame|corrupt input packet|Error while decoding stream/.test(line),
  );
}

function pictureWarnings(run: FfmpegRun, segments: readonly Segment[]): string[] {
  const damaged = damageLines(run.lines).length;
  if (damaged === 0) return [];
  return [
    `The source is damaged ${between(segments)}: about ${damaged} pictures there were repaired by guess.`,
  ];
}

function soundWarnings(lines: readonly string[], segments: readonly Segment[]): string[] {
  const damaged = damageLines(lines).length;
  if (damaged === 0) return [];
  return [`The sound is damaged ${between(segments)}: about ${damaged} pieces of it are missing.`];
}

function between(segments: readonly Segment[]): string {
  const startTicks = segments[0]?.startTicks ?? 0;
  return `between ${clock(startTicks)} and ${clock(startTicks + durationTicks(segments))}`;
}

function clock(ticks: number): string {
  const seconds = ticks / TICKS_PER_SECOND;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

function durationTicks(segments: readonly Segment[]): number {
  return segments.reduce((total, segment) => total + segmentDurationTicks(segment), 0);
}

/** Without the address in front ("[libx264 @ 0x1234] [error] "), at most a sentence long. */
function plain(line: string): string {
  return line.replace(/^(\[[^\]]*\]\s*)+/, "").slice(0, 160);
}

function share(done: number, all: number): number {
  return Math.max(0, Math.min(1, done / all));
}
