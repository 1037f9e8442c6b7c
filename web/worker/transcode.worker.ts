import * as Comlink from "comlink";
import { TributaryError, toWireError } from "../../shared/errors.ts";
import { checkOutputs } from "../../shared/gate.ts";
import type { TranscodeRequest, TranscodeResult, TranscodeWorkerApi, WorkerSetup } from "./api.ts";
import type { TranscodeEngine } from "./engines/engine.ts";
import { FfmpegWasmEngine } from "./engines/ffmpeg-wasm.ts";
import { hashOutputs } from "./hash-outputs.ts";

/** One slot of a pool: transcodes a task, checks what came out as the edge will, hashes it. */

/** A sign of life is sent no more often than this. */
const PROGRESS_EVERY_MS = 250;

let engine: TranscodeEngine | null = null;

async function setup({ ffmpegModule, ffmpegScriptUrl, lockName }: WorkerSetup): Promise<void> {
  await holdLock(lockName);
  engine = new FfmpegWasmEngine({ module: ffmpegModule, scriptUrl: ffmpegScriptUrl });
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
  onProgress: (progress: number) => void,
): Promise<TranscodeResult> {
  if (engine === null) throw new TributaryError("ENGINE_UNAVAILABLE", "The encoder is not loaded.");
  const startedMs = performance.now();
  const task = { grant, info, chunk: new Uint8Array(chunk) };
  const done = await engine.transcode(task, throttled(onProgress));
  checkOutputs(done.outputs, grant);
  const outputs = await hashOutputs(done.outputs);
  return {
    engine: engine.name,
    encodeMs: performance.now() - startedMs,
    outputs,
    warnings: done.warnings,
  };
}

/** The encoder blocks this thread: messages only get out from inside its own callbacks. */
function throttled(onProgress: (progress: number) => void): (progress: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = nowMs;
    onProgress(progress);
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
  setup: (what) => settled(setup(what)),
  async transcode(request, onProgress) {
    const result = await settled(transcode(request, onProgress));
    return Comlink.transfer(
      result,
      result.outputs.map(({ bytes }) => bytes),
    );
  },
};

Comlink.expose(api);
