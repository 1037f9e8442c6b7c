import { coreJsUrl } from "virtual:ffmpeg-core";
import { TributaryError } from "../../shared/job/errors.ts";
import type { FfmpegCoreAnswer } from "./ffmpeg-core.worker.ts";

/** What a worker needs to make an ffmpeg.wasm instance. */
export interface FfmpegCore {
  /** Compiled once a tab; structured clones share the code. */
  module: WebAssembly.Module;
  scriptUrl: string;
}

let loading: Promise<FfmpegCore> | null = null;

/**
 * Fetches, inflates and compiles the core: about 10 MB once, then from the browser's cache.
 * Throws ENGINE_UNAVAILABLE; the next call tries again.
 */
export function loadFfmpegCore(): Promise<FfmpegCore> {
  loading ??= compile().catch((cause: unknown) => {
    loading = null;
    throw new TributaryError("ENGINE_UNAVAILABLE", "The encoder could not be loaded.", { cause });
  });
  return loading;
}

function compile(): Promise<FfmpegCore> {
  const worker = new Worker(new URL("./ffmpeg-core.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-core",
  });
  return new Promise<FfmpegCore>((resolve, reject) => {
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new TributaryError("WORKER_CRASHED", event.message));
    };
    worker.onmessage = ({ data }: MessageEvent<FfmpegCoreAnswer>) => {
      if ("failure" in data) reject(new TributaryError("DOWNLOAD_FAILED", data.failure));
      else resolve({ module: data.module, scriptUrl: new URL(coreJsUrl, self.location.href).href });
    };
  }).finally(() => worker.terminate());
}
