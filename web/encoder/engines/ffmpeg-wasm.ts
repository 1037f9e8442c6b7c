import {
  type FfmpegRun,
  type FfmpegRunner,
  runFfmpegTask,
  type TranscodedTask,
  type TranscodeTask,
} from "../../../shared/encode/ffmpeg/task.ts";
import { type FfmpegCore, type FfmpegSource, startCore } from "../../../shared/ffmpeg-core.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import type { TranscodeEngine } from "./engine.ts";

/**
 * Runs after which an instance is replaced. Each run leaves 224 bytes on the wasm stack (`exit()` does not unwind
 * it), and up to 8.5 KB after errors; an instance dies after some 45 runs.
 */
const RUNS_PER_INSTANCE = 20;
/** Most runs that a task needs. */
const RUNS_PER_TASK = 2;

const WAIT_SIGN_MS = 1_000;

/** Keeps a source that makes a decoder complain without end from filling the memory. */
const MAX_LOG_LINES = 250_000;

/** Single-threaded ffmpeg.wasm. Deterministic: equal chunks and tasks give equal bytes on every machine. */
export class FfmpegWasmEngine implements TranscodeEngine {
  readonly name = "ffmpeg-wasm";
  readonly #load: () => Promise<FfmpegSource>;
  #source: Promise<FfmpegSource> | null = null;
  #instance: FfmpegWasmInstance | null = null;
  #warming: Promise<void> | null = null;

  /** @param load called when the core is first needed, and again only after it failed */
  constructor(load: () => Promise<FfmpegSource>) {
    this.#load = load;
  }

  /** Makes an instance ahead of the first task. A failure is reported by that task. */
  warm(): void {
    if (this.#instance !== null || this.#warming !== null) return;
    this.#warming = this.#create()
      .then((instance) => {
        this.#instance = instance;
      })
      .catch(() => {})
      .finally(() => {
        this.#warming = null;
      });
  }

  async transcode(
    task: TranscodeTask,
    onProgress: (progress: number) => void,
  ): Promise<TranscodedTask> {
    const startedMs = performance.now();
    const instance = await this.#take(onProgress);
    const loadMs = performance.now() - startedMs;
    try {
      const done = await runFfmpegTask(task, instance, onProgress);
      if (instance.runs + RUNS_PER_TASK <= RUNS_PER_INSTANCE) this.#instance = instance;
      return { ...done, loadMs };
    } catch (thrown) {
      if (thrown instanceof TributaryError) throw thrown;
      throw new TributaryError("ENCODE_FAILED", "The encoder failed.", { cause: thrown });
    }
  }

  /** The kept instance, or a new one. An instance is kept only after a successful task. */
  async #take(onProgress: (progress: number) => void): Promise<FfmpegWasmInstance> {
    // Signs of life while the core is fetched over a slow line.
    const waiting = setInterval(() => onProgress(0), WAIT_SIGN_MS);
    try {
      await this.#warming;
      const kept = this.#instance;
      this.#instance = null;
      return kept ?? (await this.#create());
    } finally {
      clearInterval(waiting);
    }
  }

  async #create(): Promise<FfmpegWasmInstance> {
    this.#source ??= this.#load().catch((thrown: unknown) => {
      this.#source = null;
      throw thrown;
    });
    return new FfmpegWasmInstance(await startCore(await this.#source));
  }
}

/** One core with its memory and its file system. */
class FfmpegWasmInstance implements FfmpegRunner {
  readonly #core: FfmpegCore;
  runs = 0;

  constructor(core: FfmpegCore) {
    this.#core = core;
  }

  async write(file: string, bytes: Uint8Array): Promise<void> {
    this.#core.FS.writeFile(file, bytes, { canOwn: true });
  }

  async read(file: string): Promise<Uint8Array> {
    if (!this.#core.FS.analyzePath(file).exists) {
      throw new TributaryError("ENCODE_FAILED", "The encoder left no output.");
    }
    return this.#core.FS.readFile(file);
  }

  async remove(file: string): Promise<void> {
    if (this.#core.FS.analyzePath(file).exists) this.#core.FS.unlink(file);
  }

  async ffmpeg(args: readonly string[], onTime: (seconds: number) => void): Promise<FfmpegRun> {
    const lines: string[] = [];
    this.#core.setLogger(({ message }) => {
      if (lines.length < MAX_LOG_LINES) lines.push(message);
    });
    this.#core.setProgress(({ time }) => {
      // Before its first picture the core gives the largest 64-bit number.
      if (Number.isSafeInteger(time)) onTime(time / 1e6);
    });
    const exitCode = this.#call(() => this.#core.exec(...args));
    return { exitCode, lines };
  }

  async ffprobe(args: readonly string[]): Promise<string> {
    const printed: string[] = [];
    this.#core.setLogger(({ type, message }) => {
      if (type === "stdout") printed.push(message);
    });
    // Its exit code is -1 on success as well.
    this.#call(() => this.#core.ffprobe(...args));
    return printed.join("\n");
  }

  #call(run: () => number): number {
    this.runs += 1;
    this.#core.reset();
    try {
      return run();
    } catch (cause) {
      // A trap: "memory access out of bounds" and the like. The instance is not used again.
      throw new TributaryError("OUT_OF_MEMORY", "The encoder ran out of memory.", { cause });
    }
  }
}
