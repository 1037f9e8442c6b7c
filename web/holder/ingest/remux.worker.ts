import "../../encoder/adopted.ts";
// The worker of @ffmpeg/ffmpeg, which listens from here on.
import "@ffmpeg/ffmpeg/worker";
import { type FfmpegCore, type FfmpegSource, startCore } from "../../../shared/ffmpeg-core.ts";
import { asSourceError } from "../../../shared/ingest/read/source-errors.ts";
import { CRASHED, writeToBlobs } from "../../../shared/ingest/remux/blob-output.ts";
import type { SyncReader } from "../../../shared/ingest/remux/file-mounts.ts";
import { COPY } from "../../../shared/ingest/remux/remux-ffmpeg.ts";
import { toWireError } from "../../../shared/job/errors.ts";
import { holdLock } from "../../worker-watch.ts";
import { fileReader } from "./file-reader.ts";
import { type CoreToLoad, LOCK_HELD } from "./remux-messages.ts";

/**
 * Adds features that the package's worker lacks:
 * - a core from the module that the tab has compiled; by itself it would fetch and compile 32 MB again;
 * - reads of more than 32 KiB: without them a FLV of 325 MB took 14.5 s instead of 3.8 s;
 * - output that becomes a Blob; by itself it would keep the whole copy in memory, twice;
 * - errors with their codes;
 * - a Web Lock that shows when the worker is gone.
 */

/** The fields of messages of the package's `FFmpeg` that are read here. */
interface FfmpegMessage {
  id: number;
  type: string;
  data: Partial<CoreToLoad> & { path?: string };
}

type OnMessage = (event: MessageEvent<FfmpegMessage>) => Promise<void>;

const handleAsPackage = self.onmessage as unknown as OnMessage;
const lockName = self.location.hash.slice(1);
if (lockName !== "") {
  const data = { type: LOCK_HELD, message: "" };
  void holdLock(lockName).then(() => self.postMessage({ type: "LOG", data }));
}
let source: FfmpegSource | undefined;
let written: () => Blob | null = () => null;

self.onmessage = async (event: MessageEvent<FfmpegMessage>): Promise<void> => {
  const { id, type, data } = event.data;
  if (data.source !== undefined) source = data.source;
  if (type === "READ_FILE" && data.path?.startsWith(COPY))
    self.postMessage({ id, type, data: written() });
  else await handleAsPackage.call(self, event);
};

// The package sets this global to the core's factory and calls it at once.
Object.defineProperty(self, "createFFmpegCore", { set: () => {}, get: () => createCore });

async function createCore(): Promise<FfmpegCore> {
  try {
    if (source === undefined) throw new Error("There is no core to start.");
    const core = await startCore(source);
    readInBlocks(core);
    written = writeToBlobs(core);
    core.exec = withCodes(core.exec);
    core.ffprobe = withCodes(core.ffprobe);
    return core;
  } catch (thrown) {
    throw new CodedText(thrown);
  }
}

/** Makes WORKERFS read its files in larger blocks from now on. There is only one file. */
function readInBlocks({ FS: { filesystems } }: FfmpegCore): void {
  let reader: SyncReader | undefined;
  filesystems.WORKERFS.stream_ops.read = ({ node }, memory, at, length, position) => {
    reader ??= fileReader(node.contents);
    const wanted = Math.min(length, Math.max(0, reader.sizeBytes - position));
    return reader.read(new Uint8Array(memory.buffer, memory.byteOffset + at, wanted), position);
  };
}

function withCodes(run: FfmpegCore["exec"]): FfmpegCore["exec"] {
  return (...args) => {
    try {
      return run(...args);
    } catch (thrown) {
      throw new CodedText(asSourceError(thrown, "SOURCE_CORRUPT", CRASHED));
    }
  };
}

/** Thrown instead of an error, because the package sends only the text of what is thrown. */
class CodedText {
  readonly #text: string;

  constructor(thrown: unknown) {
    this.#text = JSON.stringify(toWireError(thrown));
  }

  toString(): string {
    return this.#text;
  }
}
