import * as Comlink from "comlink";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import {
  fromWireError,
  isWireError,
  TributaryError,
  toWireError,
} from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import type {
  CompareRequest,
  FfmpegSource,
  TranscodeRequest,
  TranscodeWorkerApi,
  WorkerSetup,
} from "./api.ts";
import { FfmpegWasmEngine } from "./engines/ffmpeg-wasm.ts";
import { WebCodecsEngine } from "./engines/webcodecs.ts";
import { hashOutputs } from "./hash-outputs.ts";
import { Lanes } from "./lanes.ts";
import { comparePictures } from "./pictures/compare-pictures.ts";

/** One slot of a pool: transcodes a task, checks what came out as the edge will, hashes it. */

/** A sign of life is sent no more often than this. */
const PROGRESS_EVERY_MS = 250;

let lanes: Lanes | null = null;

async function setup(
  { lane, ffmpegAhead, lockName }: WorkerSetup,
  loadFfmpeg: () => Promise<FfmpegSource>,
): Promise<void> {
  await holdLock(lockName);
  const ffmpeg = new FfmpegWasmEngine(async () => {
    try {
      return await loadFfmpeg();
    } catch (thrown) {
      throw isWireError(thrown) ? fromWireError(thrown) : thrown;
    }
  });
  if (ffmpegAhead) ffmpeg.warm();
  lanes = new Lanes(lane, { webCodecs: new WebCodecsEngine(), ffmpeg });
}

/** Resolves when the lock is held; it is let go only by the worker's end. */
function holdLock(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forever = new Promise<never>(() => {});
    navigator.locks
      .request(name, () => {
        resolve();
        return forever;
      })
      .catch(reject);
  });
}

async function transcode(
  { grant, info, chunk }: TranscodeRequest,
  onProgress: (progress: number, engine: Engine) => void,
): Promise<MadeTask> {
  if (lanes === null) throw new TributaryError("ENGINE_UNAVAILABLE", "The encoder is not loaded.");
  const startedMs = performance.now();
  const task = { grant, info, chunk: new Uint8Array(chunk) };
  const { engine, warnings, outputs: made } = await lanes.transcode(task, throttled(onProgress));
  const outputs = await hashOutputs(made);
  return { engine, encodeMs: performance.now() - startedMs, outputs, warnings };
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

/** ffmpeg blocks this thread: messages only get out from inside its own callbacks. */
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

/** comlink does not keep error classes: what is thrown is the plain object that goes over the wire. */
async function settled<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw toWireError(thrown);
  }
}

const api: TranscodeWorkerApi = {
  setup: (what, loadFfmpeg) => settled(setup(what, loadFfmpeg)),
  compare: (request, onProgress) => settled(compare(request, onProgress)),
  async transcode(request, onProgress) {
    const result = await settled(transcode(request, onProgress));
    return Comlink.transfer(
      result,
      result.outputs.map(({ bytes }) => bytes),
    );
  },
};

Comlink.expose(api);
