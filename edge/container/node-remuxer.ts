import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type FfmpegCore, type FfmpegSource, startCore } from "../../shared/ffmpeg-core.ts";
import { writeToBlobs } from "../../shared/ingest/remux/blob-output.ts";
import { mountReader, type SyncReader } from "../../shared/ingest/remux/file-mounts.ts";
import { LastLine, REPORT, type RemuxFfmpeg } from "../../shared/ingest/remux/remux-ffmpeg.ts";
import { type Remuxer, remuxWith } from "../../shared/ingest/remux/remux-run.ts";

/**
 * FLV, AVI and the like, rewritten as a tab does it: the same ffmpeg.wasm over the same file, so that
 * the same source is planned the same way wherever it is read. (@ffmpeg/ffmpeg does not run in Node.)
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
      return await remuxWith(ffmpegOver(core, { sizeBytes, read }), request);
    } finally {
      closeSync(handle);
    }
  };
}

function ffmpegOver(core: FfmpegCore, source: SyncReader): RemuxFfmpeg {
  const input = "/source";
  const log = new LastLine();
  core.setLogger(({ message }) => log.add(message));
  mountReader(core, input, source);
  const written = writeToBlobs(core);
  return {
    input,
    async ffprobe(args) {
      core.ffprobe(...args);
      if (!core.FS.analyzePath(REPORT).exists) return "";
      return new TextDecoder().decode(core.FS.readFile(REPORT));
    },
    ffmpeg: async (args) => (core.exec(...args) === 0 ? written() : null),
    lastLine: () => log.text,
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
