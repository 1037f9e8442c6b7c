import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const MODULE_ID = "virtual:ffmpeg-core";

/** One file as it is served: its path under the base, and its bytes. */
interface ServedFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

interface FfmpegCore {
  readonly js: ServedFile;
  readonly wasmGz: ServedFile;
  readonly wasmSizeBytes: number;
}

/** Options of {@link ffmpegCoreAsset}. */
export interface FfmpegCoreAssetOptions {
  /** Where the compressed module is kept between runs. */
  readonly cacheDir: string;
}

/** Once a process: each worker's bundle makes a plugin of its own, all at the same time. */
let loading: Promise<FfmpegCore> | undefined;

/**
 * Serves @ffmpeg/core as two assets of its own and tells their addresses in `virtual:ffmpeg-core`.
 *
 * Workers refuse assets over 25 MiB and the module has 32 MB, so it goes out gzipped (10 MB); the
 * client inflates it on the way into `WebAssembly.compileStreaming`. The name does not end in
 * `.gz`: servers would add `Content-Encoding: gzip` to that, and the browser inflate it first.
 *
 * The core is never part of our bundles: it is GPL, and a file of its own stays replaceable.
 */
export function ffmpegCoreAsset(options: FfmpegCoreAssetOptions): Plugin {
  const core = () => {
    loading ??= loadCore(options);
    return loading;
  };
  let base = "/";
  return {
    name: "tributary:ffmpeg-core-asset",
    // The worker's own bundle uses the same instance; the files are written once, with the pages.
    configResolved(config) {
      base = config.base;
    },
    resolveId: {
      filter: { id: /^virtual:ffmpeg-core$/ },
      handler: () => `\0${MODULE_ID}`,
    },
    load: {
      filter: { id: /^\0virtual:ffmpeg-core$/ },
      async handler() {
        const { js, wasmGz, wasmSizeBytes } = await core();
        return [
          `export const coreJsUrl = ${JSON.stringify(base + js.fileName)};`,
          `export const coreWasmGzUrl = ${JSON.stringify(base + wasmGz.fileName)};`,
          `export const coreWasmGzSizeBytes = ${wasmGz.bytes.byteLength};`,
          `export const coreWasmSizeBytes = ${wasmSizeBytes};`,
        ].join("\n");
      },
    },
    async generateBundle() {
      if (this.environment.name !== "client") return;
      const { js, wasmGz } = await core();
      for (const file of [js, wasmGz]) {
        this.emitFile({ type: "asset", fileName: file.fileName, source: file.bytes });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = request.url?.split("?", 1)[0] ?? "";
        if (!path.includes("/ffmpeg-core-")) return next();
        core()
          .then(({ js, wasmGz }) => {
            const file = [js, wasmGz].find(({ fileName }) => path === base + fileName);
            if (!file) return next();
            response.setHeader("content-type", file.contentType);
            response.setHeader("content-length", file.bytes.byteLength);
            response.setHeader("cache-control", "no-cache");
            response.end(file.bytes);
          })
          .catch(next);
      });
    },
  };
}

async function loadCore({ cacheDir }: FfmpegCoreAssetOptions): Promise<FfmpegCore> {
  // require() is pointed at the package's script build; we want the ES module beside it.
  const require = createRequire(import.meta.url);
  const umdScript = require.resolve("@ffmpeg/core");
  const esmDir = join(umdScript, "../../esm");
  const [jsBytes, wasmBytes] = await Promise.all([
    readFile(join(esmDir, "ffmpeg-core.js")),
    readFile(join(esmDir, "ffmpeg-core.wasm")),
  ]);
  const wasmHash = shortHash(wasmBytes);
  const gzBytes = await compressed(wasmBytes, join(cacheDir, `ffmpeg-core-${wasmHash}.wasmz`));
  return {
    js: {
      fileName: `assets/ffmpeg-core-${shortHash(jsBytes)}.js`,
      contentType: "text/javascript",
      bytes: jsBytes,
    },
    wasmGz: {
      fileName: `assets/ffmpeg-core-${wasmHash}.wasmz`,
      contentType: "application/octet-stream",
      bytes: gzBytes,
    },
    wasmSizeBytes: wasmBytes.byteLength,
  };
}

async function compressed(bytes: Uint8Array, cachePath: string): Promise<Uint8Array> {
  const cached = await readFile(cachePath).catch(() => undefined);
  if (cached) return cached;
  const gz = await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
  await mkdir(join(cachePath, ".."), { recursive: true });
  // Renamed into place: a second server starting now never reads half a file.
  const partPath = `${cachePath}.${randomUUID()}.part`;
  await writeFile(partPath, gz);
  await rename(partPath, cachePath);
  return gz;
}

function shortHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}
