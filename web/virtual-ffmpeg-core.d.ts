/** Where this build serves @ffmpeg/core; made by `web/build/ffmpeg-core-asset.ts`. */
declare module "virtual:ffmpeg-core" {
  /** The ES module whose default export makes a core: `await import(coreJsUrl)`. */
  export const coreJsUrl: string;
  /** ffmpeg-core.wasm, gzipped; served as plain bytes, so pipe it through `DecompressionStream`. */
  export const coreWasmGzUrl: string;
  /** Bytes to download from {@link coreWasmGzUrl}. */
  export const coreWasmGzSizeBytes: number;
  /** Bytes once inflated. */
  export const coreWasmSizeBytes: number;
}
