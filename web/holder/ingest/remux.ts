import { FFFSType, FFmpeg } from "@ffmpeg/ffmpeg";
import { LastLine, REPORT } from "../../../shared/ingest/remux/remux-ffmpeg.ts";
import { type Remuxer, remuxWith } from "../../../shared/ingest/remux/remux-run.ts";
import { fromWireError, type WireError } from "../../../shared/job/errors.ts";
import { newLockName, WorkerWatch } from "../../worker-watch.ts";
import workerUrl from "./remux.worker.ts?worker&url";
import { type CoreToLoad, LOCK_HELD } from "./remux-messages.ts";

/** After so many ticks (seconds) without a message, ffmpeg hangs. */
const SILENT_TICKS = 120;
const FOLDER = "/source";
const NAME = "file";

/**
 * Runs ffmpeg over a file in a worker of its own. The worker ends with the call, which frees its memory. Aborting
 * terminates it at once.
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE, OUT_OF_MEMORY, WORKER_CRASHED, WORKER_STALLED
 */
export const remux: Remuxer = async (file, core, request, { signal, onProgress }) => {
  signal.throwIfAborted();
  const ffmpeg = new FFmpeg();
  // The package's own class does not notice when its worker dies: its calls would stay open.
  const watch = new WorkerWatch({ name: "The file's reader", silentTicks: SILENT_TICKS }, () =>
    ffmpeg.terminate(),
  );
  const log = new LastLine();
  const lockName = newLockName();
  ffmpeg.on("log", ({ type, message }) => {
    watch.heard();
    if (type === LOCK_HELD && lockName !== null) watch.watchLock(lockName);
    else log.add(message);
  });
  ffmpeg.on("progress", ({ progress }) => {
    watch.heard();
    if (progress >= 0 && progress <= 1) onProgress?.(progress);
  });
  const ask: Ask = (call) => watch.settle(() => call().catch(throwWithCode), { signal });
  try {
    const config: CoreToLoad & Parameters<FFmpeg["load"]>[0] = {
      classWorkerURL: `${new URL(workerUrl, self.location.href).href}#${lockName ?? ""}`,
      coreURL: core.scriptUrl,
      source: core,
    };
    await ask(() => {
      const { worker, result } = withNextWorker(() => ffmpeg.load(config));
      watch.watchErrors(worker);
      return result;
    });
    await ask(() => ffmpeg.createDir(FOLDER));
    const blobs = [{ name: NAME, data: file }];
    await ask(() => ffmpeg.mount(FFFSType.WORKERFS, { blobs }, FOLDER));
    return await remuxWith(
      {
        input: `${FOLDER}/${NAME}`,
        async ffprobe(args) {
          // The report has to exist even where ffprobe writes none.
          await ask(() => ffmpeg.writeFile(REPORT, ""));
          await ask(() => ffmpeg.ffprobe([...args]));
          return ask(() => ffmpeg.readFile(REPORT, "utf8") as Promise<string>);
        },
        async ffmpeg(args) {
          const path = args.at(-1) ?? "";
          if ((await ask(() => ffmpeg.exec([...args]))) !== 0) return null;
          return ask(() => ffmpeg.readFile(path) as Promise<unknown> as Promise<Blob | null>);
        },
        async texts(args, paths) {
          await ask(() => ffmpeg.exec([...args]));
          const texts: string[] = [];
          for (const path of paths) texts.push(await ask(() => textAt(ffmpeg, path)));
          return texts;
        },
        lastLine: () => log.text,
      },
      request,
    );
  } finally {
    watch.end();
  }
};

/** A file's text; "" where ffmpeg did not write the file. */
async function textAt(ffmpeg: FFmpeg, path: string): Promise<string> {
  const isThere = (await ffmpeg.listDir("/")).some(({ name }) => `/${name}` === path);
  return isThere ? ((await ffmpeg.readFile(path, "utf8")) as string) : "";
}

/** Runs `start`, which makes one worker, and also returns that worker: the package keeps it private. */
function withNextWorker<T>(start: () => T): { worker: Worker; result: T } {
  const { Worker: Original } = self;
  let worker: Worker | undefined;
  self.Worker = class extends Original {
    constructor(...given: ConstructorParameters<typeof Original>) {
      super(...given);
      worker = this;
    }
  };
  try {
    const result = start();
    if (worker === undefined) throw new Error("No worker was started.");
    return { worker, result };
  } finally {
    self.Worker = Original;
  }
}

type Ask = <T>(call: () => Promise<T>) => Promise<T>;

/** Throws the error that the worker sent: errors of ffmpeg come as the JSON text of a `WireError`. */
function throwWithCode(thrown: unknown): never {
  const isCoded = typeof thrown === "string" && thrown.startsWith("{");
  throw isCoded ? fromWireError(JSON.parse(thrown) as WireError) : thrown;
}
