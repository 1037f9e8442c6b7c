import { TributaryError } from "../../job/errors.ts";
import type { AudioRendition } from "../../job/job.ts";
import { soundOutputs } from "../audio-outputs.ts";
import {
  heardOf,
  PRIMING_FRAMES,
  parseDecodedFrames,
  placeAudio,
  planAudioRun,
  planPcmWindow,
  readAdtsFrames,
} from "../audio-run.ts";
import { decodeAudioArgs, encodeAudioArgs } from "../ffmpeg-audio-args.ts";
import { changeLoudness } from "../loudness.ts";
import type { TranscodedTask, TranscodeTask } from "../transcode-task.ts";
import { countChunkPackets } from "./chunk.ts";
import { between, decodeFailed, ofFfmpeg, soundNotices } from "./damage.ts";
import type { FfmpegRunner } from "./runner.ts";

const CHUNK_FILE = "chunk.mp4";
const DECODED_FILE = "decoded.f32";
const PLACED_FILE = "placed.f32";
const ADTS_FILE = "sound.aac";

/** Makes a run of segments of one rendition: decodes to samples, puts them on the timeline, encodes them. */
export async function transcodeSound(
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
      onProgress(seconds / wantedSeconds / 2),
    );
    const decoded = parseDecodedFrames(decoding.lines);
    const sourceRate = decoded.sampleRate || sampleRate;
    const window = planPcmWindow(run, sampleRate, sourceRate);
    const { baseTicks } = task.info;
    const heard = heardOf(task.grant.source, rendition);
    const placed = placeAudio(decoding.pcm, decoded, baseTicks, window, channels, heard);
    if (rendition.loudness !== undefined)
      changeLoudness(placed, channels, sourceRate, rendition.loudness.gain);
    await runner.remove(DECODED_FILE);
    await runner.write(PLACED_FILE, new Uint8Array(placed.buffer));
    const pcm = { file: PLACED_FILE, sampleRate: sourceRate, skipSamples: window.skipSamples };
    const encoding = await runner.ffmpeg(encodeAudioArgs(rendition, pcm, ADTS_FILE), (seconds) =>
      onProgress(0.5 + seconds / wantedSeconds / 2),
    );
    if (encoding.exitCode !== 0)
      throw new TributaryError("ENCODE_FAILED", "The sound could not be encoded.");
    const adts = await runner.read(ADTS_FILE);
    const outputs = ofFfmpeg(() => {
      const frames = readAdtsFrames(adts).slice(PRIMING_FRAMES + run.preRollFrames);
      return soundOutputs(frames, run, task, rendition);
    });
    return { outputs, notices: soundNotices(decoding.lines, segments) };
  } finally {
    for (const file of [CHUNK_FILE, DECODED_FILE, PLACED_FILE, ADTS_FILE])
      await runner.remove(file);
  }
}

/** Decodes the chunk. One without packets gives no samples: the source has no audio there. */
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
