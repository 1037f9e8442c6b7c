import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type FfmpegSource, startCore } from "../../shared/ffmpeg-core.ts";
import { asSourceError } from "../../shared/ingest/read/source-errors.ts";
import { CRASHED, type OutputFile, writeTo } from "../../shared/ingest/remux/blob-output.ts";
import { mountReader } from "../../shared/ingest/remux/file-mounts.ts";
import { LastLine, REPORT } from "../../shared/ingest/remux/remux-ffmpeg.ts";
import { toWireError, type WireError } from "../../shared/job/errors.ts";
import { standInForWorker } from "./browser-worker.ts";

// A thread that runs ffmpeg.wasm on one file. Calls block the thread; its creator may terminate it at any time.

export interface RemuxThreadData {
  source: FfmpegSource;
  /** Path of the file that ffmpeg sees as `/source`. */
  path: string;
}

export type RemuxCall =
  | { run: "ffprobe"; args: readonly string[] }
  /** @param copy path to which ffmpeg's output file is written */
  | { run: "ffmpeg"; args: readonly string[]; copy: string }
  /** @param paths paths of the texts that ffmpeg writes to its in-memory file system */
  | { run: "texts"; args: readonly string[]; paths: readonly string[] };

export type RemuxAnswer =
  /** ffmpeg has made progress. */
  | { type: "progress"; share: number }
  | { type: "done"; report: string; texts: string[]; made: boolean; lastLine: string }
  | { type: "failed"; error: WireError };

const PROGRESS_EVERY_MS = 250;

/** Progress of a call, in bytes read, bytes written and media time made. None of them ever decreases. */
class Progress {
  readonly #sizeBytes: number;
  readonly #farthest = { read: 0, written: 0, time: 0 };
  #grew = true;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  start(): void {
    Object.assign(this.#farthest, { read: 0, written: 0, time: 0 });
    this.#grew = true;
    this.#saidAtMs = Number.NEGATIVE_INFINITY;
    this.reach("read", 0);
  }

  reach(what: "read" | "written" | "time", to: number): void {
    if (to > this.#farthest[what]) {
      this.#farthest[what] = to;
      this.#grew = true;
    }
    const nowMs = performance.now();
    if (!this.#grew || nowMs - this.#saidAtMs < PROGRESS_EVERY_MS) return;
    this.#grew = false;
    this.#saidAtMs = nowMs;
    answer({ type: "progress", share: Math.min(1, this.#farthest.read / this.#sizeBytes) });
  }
}

/** A file on disk with a size limit. */
class DiskFile implements OutputFile {
  sizeBytes = 0;
  full = false;
  readonly #handle: number;
  readonly #limitBytes: number;
  readonly #onWritten: (sizeBytes: number) => void;

  constructor(path: string, limitBytes: number, onWritten: (sizeBytes: number) => void) {
    this.#handle = openSync(path, "w");
    this.#limitBytes = limitBytes;
    this.#onWritten = onWritten;
  }

  write(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.#limitBytes) {
      this.full = true;
      throw new RangeError("limit reached");
    }
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#handle, bytes, done, bytes.length - done, position + done);
    }
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length);
    this.#onWritten(this.sizeBytes);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

const port = parentPort;
if (port === null) throw new Error("This program is a thread's.");

function answer(message: RemuxAnswer): void {
  port?.postMessage(message);
}

try {
  standInForWorker();
  const { source, path } = workerData as RemuxThreadData;
  const core = await startCore(source);
  const handle = openSync(path, "r");
  const { size: sizeBytes } = fstatSync(handle);
  const progress = new Progress(sizeBytes);
  const log = new LastLine();
  core.setLogger(({ message }) => log.add(message));
  core.setProgress(({ time }) => progress.reach("time", time));
  mountReader(core, "/source", {
    sizeBytes,
    read(target, position) {
      const length = readSync(handle, target, 0, target.length, position);
      progress.reach("read", position + length);
      return length;
    },
  });
  let copy = "";
  const written = writeTo(
    core,
    (limitBytes) => new DiskFile(copy, limitBytes, (reached) => progress.reach("written", reached)),
  );
  port.on("message", (call: RemuxCall) => {
    try {
      progress.start();
      let report = "";
      let made = false;
      let texts: string[] = [];
      const textAt = (at: string): string =>
        core.FS.analyzePath(at).exists ? new TextDecoder().decode(core.FS.readFile(at)) : "";
      if (call.run === "ffprobe") {
        core.ffprobe(...call.args);
        report = textAt(REPORT);
      } else if (call.run === "texts") {
        core.exec(...call.args);
        texts = call.paths.map(textAt);
      } else {
        copy = call.copy;
        const status = core.exec(...call.args);
        const file = written();
        file?.close();
        made = status === 0 && file !== null;
      }
      answer({ type: "done", report, texts, made, lastLine: log.text });
    } catch (thrown) {
      const error = toWireError(asSourceError(thrown, "SOURCE_CORRUPT", CRASHED));
      answer({ type: "failed", error });
    }
  });
} catch (thrown) {
  answer({ type: "failed", error: toWireError(thrown) });
}
