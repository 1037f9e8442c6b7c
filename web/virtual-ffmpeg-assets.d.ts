/** Addresses at which this build serves FFmpeg as WebAssembly; written by `web/build/ffmpeg-assets.ts`. */
declare module "virtual:ffmpeg-assets" {
  /** The ES module whose default export makes a core: `await import(coreJsUrl)`. */
  export const coreJsUrl: string;
  /** ffmpeg-core.wasm, gzipped; served as plain bytes, so pipe it through `DecompressionStream`. */
  export const coreWasmGzUrl: string;
  /** Bytes to download from {@link coreWasmGzUrl}. */
  export const coreWasmGzSizeBytes: number;
  /** Size of the inflated module in bytes. */
  export const coreWasmSizeBytes: number;
  /** FFmpeg's AAC encoder, an ES module that includes its wasm. */
  export const aacJsUrl: string;
}
