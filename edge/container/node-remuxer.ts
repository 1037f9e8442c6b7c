import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type FfmpegSource, startCore } from "../../shared/ffmpeg-core.ts";
import type { Remuxer } from "../../shared/ingest/remux/remux-run.ts";
import { remuxWith } from "../../shared/ingest/remux/remux-run.ts";

/**
 * FLV, AVI and the like, rewritten as a tab does it: the same ffmpeg.wasm over the same file, so that
 * the same source is planned the same way wherever it is read.
 */
export function nodeRemuxer(path: string): Remuxer {
  return async (_file, source, request, { signal, onProgress }) => {
    signal.throwIfAborted();
    const core = await startCore(source);
    const handle = openSync(path, "r");
    try {
      const sizeBytes = fstatSync(handle).size;
      const read = (target: Uint8Array, position: number): number => {
        onProgress?.(position / sizeBytes);
        return readSync(handle, target, 0, target.length, position);
      };
      return remuxWith(core, { sizeBytes, read }, request);
    } finally {
      closeSync(handle);
    }
  };
}

let compiled: Promise<FfmpegSource> | undefined;

/** Compiled once a process. */
export function loadFfmpegCore(): Promise<FfmpegSource> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<FfmpegSource> {
  // The core believes that it runs in a browser's worker and asks where.
  (globalThis as { self?: unknown }).self ??= { location: { href: import.meta.url } };
  const dist = join(dirname(createRequire(import.meta.url).resolve("@ffmpeg/core")), "../esm");
  return {
    module: await WebAssembly.compile(readFileSync(join(dist, "ffmpeg-core.wasm"))),
    scriptUrl: pathToFileURL(join(dist, "ffmpeg-core.js")).href,
  };
}
