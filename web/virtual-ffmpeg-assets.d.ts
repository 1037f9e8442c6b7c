/** Where this build serves FFmpeg as WebAssembly; made by `web/build/ffmpeg-assets.ts`. */
declare module "virtual:ffmpeg-assets" {
  /** The ES module whose default export makes a core: `await import(coreJsUrl)`. */
  export const coreJsUrl: string;
  /** ffmpeg-core.wasm, gzipped; served as plain bytes, so pipe it through `DecompressionStream`. */
  export const coreWasmGzUrl: string;
  /** Bytes to download from {@link coreWasmGzUrl}. */
  export const coreWasmGzSizeBytes: number;
  /** Bytes once inflated. */
  export const coreWasmSizeBytes: number;
  /** FFmpeg's AAC encoder, an ES module that holds its wasm. */
  export const aacJsUrl: string;
}
