import type { FfmpegCore } from "../../ffmpeg-core.ts";
import { TributaryError } from "../../job/errors.ts";
import { asSourceError } from "../read/source-errors.ts";
import { BlobWriter } from "./blob-writer.ts";
import { mountWriter, type SyncWriter } from "./file-mounts.ts";
import { COPY } from "./remux-ffmpeg.ts";

/** Beyond this a browser may not keep the copy. */
const LARGEST_COPY_BYTES = 4 * 1024 ** 3;

export const CRASHED =
  "Reading the file ended in a crash. It is damaged, or of a kind that is not understood.";

/** A file that ffmpeg writes, outside of its own memory. */
export interface OutputFile extends SyncWriter {
  /** More was to be written than the limit allows, and `write` threw. */
  readonly full: boolean;
}

/** Like `writeTo`, but what was written becomes a Blob. */
export function writeToBlobs(core: FfmpegCore): () => Blob | null {
  const written = writeTo(core, (limitBytes) => new BlobWriter(limitBytes));
  return () => written()?.finish("video/mp4") ?? null;
}

/**
 * Replaces `core.exec`. What it writes to a copy (the file that is named last) then goes to an output made by
 * `open` and takes none of the core's memory. It returns a status even when ffmpeg ends by `exit()`. When ffmpeg
 * crashes or writes too much, it throws TributaryError SOURCE_CORRUPT, SOURCE_CHANGED, SOURCE_TOO_LARGE.
 * @returns a function that gives the output of the last `exec` once; null when nothing was written
 */
export function writeTo<T extends OutputFile>(
  core: FfmpegCore,
  open: (limitBytes: number) => T,
): () => T | null {
  const { exec } = core;
  let written: T | null = null;
  core.exec = (...args) => {
    const path = args.at(-1) ?? "";
    const output = path.startsWith(COPY) ? open(LARGEST_COPY_BYTES) : null;
    written = output;
    if (output !== null) mountWriter(core, path, output);
    try {
      exec(...args);
    } catch (thrown) {
      // `exec` also throws when the writer is full and when ffmpeg calls exit(). Anything else is a crash.
      const isExit = (thrown as { name?: unknown } | null)?.name === "ExitStatus";
      if (output?.full !== true && !isExit) throw asSourceError(thrown, "SOURCE_CORRUPT", CRASHED);
      core.ret = 1;
    }
    if (output?.full === true) {
      throw new TributaryError(
        "SOURCE_TOO_LARGE",
        `Files of this kind are rewritten first, and the copy would have more than ${LARGEST_COPY_BYTES / 1024 ** 3} GiB.`,
      );
    }
    return core.ret;
  };
  return () => {
    const output = written;
    written = null;
    return output === null || output.sizeBytes === 0 ? null : output;
  };
}
