import { coreJsUrl, coreWasmGzUrl } from "virtual:ffmpeg-core";
import { TributaryError } from "../../shared/errors.ts";

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

async function compile(): Promise<FfmpegCore> {
  const response = await fetch(coreWasmGzUrl);
  if (!response.ok || response.body === null) {
    throw new TributaryError("DOWNLOAD_FAILED", `The encoder: status ${response.status}.`);
  }
  const inflated = response.body.pipeThrough(new DecompressionStream("gzip"));
  const wasm = new Response(inflated, { headers: { "content-type": "application/wasm" } });
  const module = await WebAssembly.compileStreaming(wasm);
  return { module, scriptUrl: new URL(coreJsUrl, self.location.href).href };
}
