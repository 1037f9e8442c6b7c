import type { Remuxed, Remuxer } from "../../../shared/ingest/remux/remux-run.ts";
import { fromWireError, TributaryError } from "../../../shared/job/errors.ts";
import type { RemuxAnswer, RemuxOrder } from "./remux.worker.ts";

/** No byte read for this long: ffmpeg hangs. Converting a picture reads slowly, but it reads. */
const STALL_MS = 120_000;

/**
 * Runs ffmpeg over a file in a worker made for it, which ends with the call: nothing of its memory
 * stays. Aborting terminates it at once.
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE, WORKER_CRASHED, WORKER_STALLED
 */
export const remux: Remuxer = (file, core, request, { signal, onProgress }) => {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./remux.worker.ts", import.meta.url), { type: "module" });
  let lastSignMs = performance.now();
  let watchdog: ReturnType<typeof setInterval> | undefined;
  let onAbort = () => {};
  return new Promise<Remuxed>((resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    watchdog = setInterval(() => {
      if (performance.now() - lastSignMs < STALL_MS) return;
      reject(new TributaryError("WORKER_STALLED", "Reading the file makes no progress."));
    }, 1000);
    worker.onerror = (event) => {
      event.preventDefault();
      const cause = event.message;
      reject(new TributaryError("WORKER_CRASHED", "Reading the file failed.", { cause }));
    };
    worker.onmessage = ({ data }: MessageEvent<RemuxAnswer>) => {
      lastSignMs = performance.now();
      if (data.type === "progress") onProgress?.(data.progress);
      else if (data.type === "done") resolve(data.remuxed);
      else reject(fromWireError(data.error));
    };
    worker.postMessage({ core, file, request } satisfies RemuxOrder);
  }).finally(() => {
    clearInterval(watchdog);
    signal.removeEventListener("abort", onAbort);
    worker.terminate();
  });
};
