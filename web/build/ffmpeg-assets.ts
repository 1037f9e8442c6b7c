import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const MODULE_ID = "virtual:ffmpeg-assets";

/** One file as it is served; `fileName` is its path under the base. */
interface ServedFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

interface FfmpegAssets {
  readonly js: ServedFile;
  readonly wasmGz: ServedFile;
  readonly wasmSizeBytes: number;
  readonly aacJs: ServedFile;
}

/** Options of {@link ffmpegAssets}. */
export interface FfmpegAssetsOptions {
  /** Where the compressed module is kept between runs. */
  readonly cacheDir: string;
}

/** Shared by the whole process: each worker's bundle makes its own plugin, all at the same time. */
let loading: Promise<FfmpegAssets> | undefined;

/**
 * Serves @ffmpeg/core and FFmpeg's AAC encoder as separate assets. The virtual module
 * `virtual:ffmpeg-assets` exports their addresses.
 *
 * Cloudflare Workers refuse assets over 25 MiB and the module has 32 MB, so it is served gzipped (10 MB).
 * The client inflates it on the way into `WebAssembly.compileStreaming`. The name does not end in `.gz`,
 * because servers would then add `Content-Encoding: gzip`, and the browser would inflate it first.
 *
 * Neither file is ever part of our bundles: the core is GPL and the AAC encoder LGPL, and a separate file
 * stays replaceable.
 */
export function ffmpegAssets(options: FfmpegAssetsOptions): Plugin {
  const assets = () => {
    loading ??= loadAssets(options);
    return loading;
  };
  let base = "/";
  return {
    name: "tributary:ffmpeg-assets",
    // The workers' bundles use the same instance; the files are written once, with the pages.
    configResolved(config) {
      base = config.base;
    },
    resolveId: {
      filter: { id: /^virtual:ffmpeg-assets$/ },
      handler: () => `\0${MODULE_ID}`,
    },
    load: {
      filter: { id: /^\0virtual:ffmpeg-assets$/ },
      async handler() {
        const { js, wasmGz, wasmSizeBytes, aacJs } = await assets();
        return [
          `export const coreJsUrl = ${JSON.stringify(base + js.fileName)};`,
          `export const coreWasmGzUrl = ${JSON.stringify(base + wasmGz.fileName)};`,
          `export const coreWasmGzSizeBytes = ${wasmGz.bytes.byteLength};`,
          `export const coreWasmSizeBytes = ${wasmSizeBytes};`,
          `export const aacJsUrl = ${JSON.stringify(base + aacJs.fileName)};`,
        ].join("\n");
      },
    },
    async generateBundle() {
      if (this.environment.name !== "client") return;
      const { js, wasmGz, aacJs } = await assets();
      for (const file of [js, wasmGz, aacJs]) {
        this.emitFile({ type: "asset", fileName: file.fileName, source: file.bytes });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = request.url?.split("?", 1)[0] ?? "";
        if (!path.includes("/ffmpeg-")) return next();
        assets()
          .then(({ js, wasmGz, aacJs }) => {
            const file = [js, wasmGz, aacJs].find(({ fileName }) => path === base + fileName);
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

async function loadAssets({ cacheDir }: FfmpegAssetsOptions): Promise<FfmpegAssets> {
  // require() finds the package's UMD build; we want the ES module beside it.
  const require = createRequire(import.meta.url);
  const umdScript = require.resolve("@ffmpeg/core");
  const esmDir = join(umdScript, "../../esm");
  const [jsBytes, wasmBytes, aacBytes] = await Promise.all([
    readFile(join(esmDir, "ffmpeg-core.js")),
    readFile(join(esmDir, "ffmpeg-core.wasm")),
    readAacScript(),
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
    aacJs: {
      fileName: `assets/ffmpeg-aac-${shortHash(aacBytes)}.js`,
      contentType: "text/javascript",
      bytes: aacBytes,
    },
  };
}

const AAC_NOTICE = `/*!
 * The AAC encoder of FFmpeg (https://ffmpeg.org), LGPL-2.1-or-later, as WebAssembly. Built by
 * @mediabunny/aac-encoder (MPL-2.0), which has the sources of the glue and says how it is built:
 * https://github.com/Vanilagy/mediabunny/tree/main/packages/aac-encoder
 */
`;

/**
 * The encoder inside @mediabunny/aac-encoder, as an ES module. The package's own entry is not used, because it
 * starts a nested worker from a blob for each encoder. Its build has one CommonJS line (`exports`), removed here.
 */
export async function readAacScript(): Promise<Buffer> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("@mediabunny/aac-encoder");
  const script = await readFile(join(entry, "../../modules/build/aac.js"), "utf8");
  const body = script
    .replace('Object.defineProperty(exports, "__esModule", { value: true });', "")
    .replace("exports.default = Module;", "export default Module;");
  if (body.includes("__esModule") || !body.includes("export default")) {
    throw new Error("@mediabunny/aac-encoder has another build than the one that is known.");
  }
  return Buffer.from(AAC_NOTICE + body);
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
