import { coreJsUrl } from "virtual:ffmpeg-assets";
import type { FfmpegSource } from "../../shared/ffmpeg-core.ts";
import { scriptNotLoaded, TributaryError, toWireError } from "../../shared/job/errors.ts";
import { WorkerLink } from "../worker-link.ts";
import type { FfmpegCoreApi } from "./ffmpeg-core.worker.ts";

let loading: Promise<FfmpegSource> | null = null;

/**
 * Fetches, inflates and compiles the core: about 10 MB the first time, later from the browser's cache. After a
 * failure the next call tries again.
 * @throws TributaryError SCRIPT_NOT_LOADED where it cannot be fetched, ENGINE_UNAVAILABLE
 */
export function loadFfmpegCore(): Promise<FfmpegSource> {
  loading ??= compile().catch((cause: unknown) => {
    loading = null;
    const { code } = toWireError(cause);
    if (code === "SCRIPT_NOT_LOADED" || code === "DOWNLOAD_FAILED") throw scriptNotLoaded(cause);
    throw new TributaryError("ENGINE_UNAVAILABLE", "The encoder could not be loaded.", { cause });
  });
  return loading;
}

async function compile(): Promise<FfmpegSource> {
  const worker = new Worker(new URL("./ffmpeg-core.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-core",
  });
  const link = new WorkerLink<FfmpegCoreApi>(worker, {
    name: "The encoder's download",
    silentTicks: 60,
    signs: "heard",
  });
  try {
    const module = await link.api.compile(() => link.heard());
    return { module, scriptUrl: new URL(coreJsUrl, self.location.href).href };
  } finally {
    link.end();
  }
}
