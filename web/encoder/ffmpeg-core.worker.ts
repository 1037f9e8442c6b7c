import { coreWasmGzUrl } from "virtual:ffmpeg-core";

/** Inflates and compiles the core beside the thread that reads the file meanwhile; lives for one answer. */

export type FfmpegCoreAnswer = { module: WebAssembly.Module } | { failure: string };

const CONTENT_TYPE = { headers: { "content-type": "application/wasm" } };

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(coreWasmGzUrl);
  if (!response.ok || response.body === null) throw new Error(`Status ${response.status}.`);
  const inflated = response.body.pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compileStreaming(new Response(inflated, CONTENT_TYPE));
}

compile().then(
  (module) => postMessage({ module } satisfies FfmpegCoreAnswer),
  (thrown: unknown) => postMessage({ failure: String(thrown) } satisfies FfmpegCoreAnswer),
);
