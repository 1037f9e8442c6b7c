import "./adopted.ts";
import * as Comlink from "comlink";
import type { FfmpegSource } from "../../shared/ffmpeg-core.ts";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import { exposeToLink } from "../worker-link.ts";
import type { CompareRequest, TranscodeRequest, TranscodeWorkerApi, WorkerSetup } from "./api.ts";
import { EngineChoice } from "./engine-choice.ts";
import { FfmpegWasmEngine } from "./engines/ffmpeg-wasm.ts";
import { WebCodecsEngine } from "./engines/webcodecs.ts";
import { hashOutputs } from "./hash-outputs.ts";
import { comparePictures } from "./pictures/compare-pictures.ts";

/** One slot of a pool: transcodes a task, checks the outputs as the edge will, and hashes them. */

/** A sign of life is sent no more often than this. */
const PROGRESS_EVERY_MS = 250;

let engineChoice: EngineChoice | null = null;

async function setup(
  { preference, ffmpegAhead }: WorkerSetup,
  loadFfmpeg: () => Promise<FfmpegSource>,
): Promise<void> {
  const ffmpeg = new FfmpegWasmEngine(loadFfmpeg);
  if (ffmpegAhead) ffmpeg.warm();
  engineChoice = new EngineChoice(preference, { webCodecs: new WebCodecsEngine(), ffmpeg });
}

async function transcode(
  { grant, info, chunk }: TranscodeRequest,
  onProgress: (progress: number, engine: Engine) => void,
): Promise<MadeTask> {
  if (engineChoice === null)
    throw new TributaryError("ENGINE_UNAVAILABLE", "The encoder is not loaded.");
  const startedMs = performance.now();
  const task = { grant, info, chunk: new Uint8Array(chunk) };
  const {
    engine,
    notices,
    loadMs = 0,
    outputs: made,
  } = await engineChoice.transcode(task, throttled(onProgress));
  const outputs = await hashOutputs(made);
  const encodeMs = performance.now() - startedMs - loadMs;
  const result = { engine, encodeMs, outputs, notices };
  return Comlink.transfer(
    result,
    outputs.map(({ bytes }) => bytes),
  );
}

async function compare(
  { grant, info, chunk, outputs }: CompareRequest,
  onProgress: (progress: number, engine: Engine) => void,
): Promise<PictureVerdict> {
  const tell = throttled(onProgress);
  const task = { grant, info, chunk: new Uint8Array(chunk) };
  const result = (grant.compare ?? []).map((output, index) => {
    return { ...output, bytes: new Uint8Array(outputs[index] ?? new ArrayBuffer(0)) };
  });
  return comparePictures(task, result, (progress) => tell(progress, "webcodecs"));
}

/** Throttled here without timers: ffmpeg blocks this thread, so messages are only sent from its callbacks. */
function throttled(
  onProgress: (progress: number, engine: Engine) => void,
): (progress: number, engine: Engine) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (progress, engine) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = nowMs;
    onProgress(progress, engine);
  };
}

exposeToLink<TranscodeWorkerApi>({ setup, transcode, compare });
