import { proxy } from "comlink";
import type { Remuxer } from "../../../shared/ingest/remux/remux-run.ts";
import { WorkerLink } from "../../worker-link.ts";
import type { RemuxApi } from "./remux.worker.ts";

/** No byte read for so many seconds: ffmpeg hangs. Converting a picture reads slowly, but it reads. */
const SILENT_TICKS = 120;

/**
 * Runs ffmpeg over a file in a worker made for it, which ends with the call: nothing of its memory
 * stays. Aborting terminates it at once.
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE, OUT_OF_MEMORY, WORKER_CRASHED, WORKER_STALLED
 */
export const remux: Remuxer = async (file, core, request, { signal, onProgress }) => {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./remux.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-remux",
  });
  const link = new WorkerLink<RemuxApi>(worker, {
    name: "The file's reader",
    silentTicks: SILENT_TICKS,
    signs: "heard",
  });
  try {
    const heard = (progress: number): void => {
      link.heard();
      onProgress?.(progress);
    };
    return await link.call((api) => api.remux(core, file, request, proxy(heard)), { signal });
  } finally {
    link.end();
  }
};
