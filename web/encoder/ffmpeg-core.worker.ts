import "./adopted.ts";
import { coreWasmGzUrl } from "virtual:ffmpeg-assets";
import { TributaryError } from "../../shared/job/errors.ts";
import { exposeToLink } from "../worker-link.ts";

/** Inflates and compiles the core in a thread of its own, while another one reads the file. Ends after one call. */
export interface FfmpegCoreApi {
  /**
   * @param onBytes called as bytes come in
   * @throws TributaryError DOWNLOAD_FAILED
   */
  compile(onBytes: () => void): Promise<WebAssembly.Module>;
}

const CONTENT_TYPE = { headers: { "content-type": "application/wasm" } };

async function compile(onBytes: () => void): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(coreWasmGzUrl);
    if (!response.ok || response.body === null) throw new Error(`Status ${response.status}.`);
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(bytes, controller) {
          onBytes();
          controller.enqueue(bytes);
        },
      }),
    );
    const inflated = counted.pipeThrough(new DecompressionStream("gzip"));
    return await WebAssembly.compileStreaming(new Response(inflated, CONTENT_TYPE));
  } catch (thrown) {
    throw new TributaryError("DOWNLOAD_FAILED", String(thrown), { cause: thrown });
  }
}

exposeToLink<FfmpegCoreApi>({ compile });
