import type { OpenSourceOptions } from "../../../shared/ingest/read/read-file.ts";
import { openSource as openSharedSource, type Source } from "../../../shared/ingest/read/source.ts";
import { remux } from "./remux.ts";

/**
 * Opens a picked file as `shared/ingest` does everywhere, with ffmpeg, where it is needed, in a worker
 * of its own.
 * @throws TributaryError with a SOURCE_* code, or whatever the signal aborts with
 */
export function openSource(file: File, options: Omit<OpenSourceOptions, "remux">): Promise<Source> {
  return openSharedSource(file, { ...options, remux });
}
