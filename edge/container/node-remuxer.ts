import { randomUUID } from "node:crypto";
import { openAsBlob, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { type Clock, REAL_CLOCK, within } from "../../shared/clock.ts";
import type { FfmpegSource } from "../../shared/ffmpeg-core.ts";
import { type Remuxer, remuxWith } from "../../shared/ingest/remux/remux-run.ts";
import { fromWireError, TributaryError } from "../../shared/job/errors.ts";
import { standInForWorker } from "./browser-worker.ts";
import type { RemuxAnswer, RemuxCall, RemuxThreadData } from "./remux-thread.ts";

export interface RemuxerOptions {
  /** Milliseconds without progress (nothing more read, written or converted) after which ffmpeg counts as stuck. */
  stillMs?: number;
  clock?: Clock;
  /** The thread's program. Tests use programs that fail. */
  thread?: URL;
}

const STILL_MS = 30_000;
const THREAD = new URL("./remux-thread.ts", import.meta.url);
/** Limit for the thread's JavaScript heap. ffmpeg itself is limited by its WebAssembly memory (2 GiB). */
const MAX_HEAP_MIB = 512;

/**
 * Rewrites FLV, AVI and the like as MP4 with the same ffmpeg.wasm as a tab, so that a source gets the same plan
 * wherever it is read. (@ffmpeg/ffmpeg does not run in Node.) It runs in its own thread, which is terminated at the end
 * of the call, whatever it is doing.
 * @param folder folder for the copies, which are not removed here
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE, OUT_OF_MEMORY, WORKER_CRASHED, WORKER_STALLED,
 * or what the signal aborts with
 */
export function nodeRemuxer(
  path: string,
  folder: string,
  { stillMs = STILL_MS, clock = REAL_CLOCK, thread = THREAD }: RemuxerOptions = {},
): Remuxer {
  return (_file, source, request, { signal, onProgress }) => {
    const error = () => new TributaryError("WORKER_STALLED", "Reading the file gets no farther.");
    return within({ clock, signal, ms: stillMs, error }, async (either, extend) => {
      either.throwIfAborted();
      const remuxing = new RemuxThread(thread, { source, path }, (progress) => {
        extend();
        onProgress?.(progress);
      });
      const end = (): void => remuxing.fail(either.reason);
      either.addEventListener("abort", end, { once: true });
      try {
        return await remuxWith(
          {
            input: "/source",
            async ffprobe(args) {
              return (await remuxing.call({ run: "ffprobe", args })).report;
            },
            async ffmpeg(args) {
              const copy = join(folder, `copy-${randomUUID()}`);
              const { made } = await remuxing.call({ run: "ffmpeg", args, copy });
              return made ? openAsBlob(copy, { type: "video/mp4" }) : null;
            },
            async texts(args, paths) {
              return (await remuxing.call({ run: "texts", args, paths })).texts;
            },
            lastLine: () => remuxing.lastLine,
          },
          request,
        );
      } finally {
        either.removeEventListener("abort", end);
        await remuxing.stop();
      }
    });
  };
}

type Done = Extract<RemuxAnswer, { type: "done" }>;

/** Makes one call after another to a thread with ffmpeg.wasm. Each call settles, even when the thread ends. */
class RemuxThread {
  lastLine = "";
  readonly #worker: Worker;
  #open: PromiseWithResolvers<Done> | null = null;
  #failure: { reason: unknown } | null = null;

  /** @param onProgress called with the share of the file that was read, whenever ffmpeg has made progress */
  constructor(thread: URL, workerData: RemuxThreadData, onProgress: (share: number) => void) {
    this.#worker = new Worker(thread, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      // The thread gets none of the server's secrets.
      env: {},
    });
    this.#worker.on("message", (answer: RemuxAnswer) => {
      if (answer.type === "progress") onProgress(answer.share);
      else if (answer.type === "failed") this.fail(fromWireError(answer.error));
      else {
        this.lastLine = answer.lastLine;
        this.#open?.resolve(answer);
      }
    });
    this.#worker.on("error", (cause: NodeJS.ErrnoException) => {
      const isMemory = cause.code === "ERR_WORKER_OUT_OF_MEMORY";
      const code = isMemory ? "OUT_OF_MEMORY" : "WORKER_CRASHED";
      this.fail(new TributaryError(code, "Reading the file ended in a crash.", { cause }));
    });
    this.#worker.on("exit", () => {
      this.fail(new TributaryError("WORKER_CRASHED", "Reading the file ended too early."));
    });
  }

  call(call: RemuxCall): Promise<Done> {
    this.#open = Promise.withResolvers();
    if (this.#failure === null) this.#worker.postMessage(call);
    else this.#open.reject(this.#failure.reason);
    return this.#open.promise;
  }

  /** Rejects the open request and all later ones. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#open?.reject(this.#failure.reason);
  }

  /** Resolves when the thread is gone. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

let compiled: Promise<FfmpegSource> | undefined;

/** The ffmpeg core, compiled once per process. */
export function loadFfmpegCore(): Promise<FfmpegSource> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<FfmpegSource> {
  standInForWorker();
  const dist = join(dirname(createRequire(import.meta.url).resolve("@ffmpeg/core")), "../esm");
  return {
    module: await WebAssembly.compile(readFileSync(join(dist, "ffmpeg-core.wasm"))),
    scriptUrl: pathToFileURL(join(dist, "ffmpeg-core.js")).href,
  };
}
