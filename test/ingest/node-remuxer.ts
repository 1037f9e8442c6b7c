import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type FfmpegSource, startCore } from "../../web/ingest/ffmpeg-core.ts";
import type { Remuxer } from "../../web/ingest/remux.ts";
import { remuxWith } from "../../web/ingest/remux-run.ts";

const coreDir = dirname(createRequire(import.meta.url).resolve("@ffmpeg/core"));

let compiled: Promise<FfmpegSource> | undefined;

/** The real core, compiled once a process. */
export function nodeFfmpeg(): Promise<FfmpegSource> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<FfmpegSource> {
  // The core believes it runs in a browser's worker and asks where.
  (globalThis as { self?: unknown }).self ??= { location: { href: import.meta.url } };
  const esm = join(coreDir, "../esm");
  return {
    module: await WebAssembly.compile(readFileSync(join(esm, "ffmpeg-core.wasm"))),
    scriptUrl: pathToFileURL(join(esm, "ffmpeg-core.js")).href,
  };
}

/** The remuxer of the product without its worker: the same core over the same file. */
export function nodeRemuxer(path: string): Remuxer {
  return async (_file, source, request, { signal, onProgress }) => {
    signal.throwIfAborted();
    const core = await startCore(source);
    const handle = openSync(path, "r");
    try {
      const sizeBytes = fstatSync(handle).size;
      return remuxWith(
        core,
        {
          sizeBytes,
          read(target, position) {
            onProgress?.(position / sizeBytes);
            return readSync(handle, target, 0, target.length, position);
          },
        },
        request,
      );
    } finally {
      closeSync(handle);
    }
  };
}
