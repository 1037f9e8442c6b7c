import { pause, REAL_CLOCK } from "../../shared/clock.ts";
import { TributaryError } from "../../shared/job/errors.ts";

/** Checks whether a picked file can still be read: its drive may be gone, or the file may have changed. */

const LOOK_EVERY_MS = 2_000;

/** Why a file cannot be read now (SOURCE_AWAY, SOURCE_MODIFIED); null where it can. */
export async function whyUnreadable(file: Blob): Promise<TributaryError | null> {
  try {
    // Each read makes the browser check the file on disk again.
    await Promise.all([
      file.slice(0, 1).arrayBuffer(),
      file.slice(Math.max(0, file.size - 1)).arrayBuffer(),
    ]);
    return null;
  } catch (cause) {
    // File API, 6.1.
    if (cause instanceof DOMException && cause.name === "NotFoundError") {
      const message =
        "The file is not where it was: it was moved or deleted, or its drive is away.";
      return new TributaryError("SOURCE_AWAY", message, { cause });
    }
    const message =
      "The file cannot be read any more: it was changed, or its drive does not answer.";
    return new TributaryError("SOURCE_MODIFIED", message, { cause });
  }
}

/** Resolves when the file can be read, or when aborted. */
export async function untilReadable(file: Blob, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await whyUnreadable(file)) !== null) {
    await pause(REAL_CLOCK, LOOK_EVERY_MS, signal);
  }
}
