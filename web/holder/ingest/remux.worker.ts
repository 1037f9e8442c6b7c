import { asSourceError } from "../../../shared/ingest/read/source-errors.ts";
import { type FfmpegSource, startCore } from "../../../shared/ingest/remux/ffmpeg-core.ts";
import {
  CRASHED,
  type Remuxed,
  type RemuxRequest,
  remuxWith,
} from "../../../shared/ingest/remux/remux-run.ts";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import { fileReader } from "./file-reader.ts";

/** The one message that the worker gets. */
export interface RemuxOrder {
  core: FfmpegSource;
  file: Blob;
  request: RemuxRequest;
}

/** What it answers: progress as a share of the file that was read, then one end. */
export type RemuxAnswer =
  | { type: "progress"; progress: number }
  | { type: "done"; remuxed: Remuxed }
  | { type: "failed"; error: WireError };

const PROGRESS_EVERY_MS = 250;

const post = (answer: RemuxAnswer) => self.postMessage(answer);

self.onmessage = async ({ data }: MessageEvent<RemuxOrder>) => {
  try {
    const core = await startCore(data.core);
    let lastMs = 0;
    const reader = fileReader(data.file, (progress) => {
      const nowMs = performance.now();
      if (nowMs - lastMs < PROGRESS_EVERY_MS) return;
      lastMs = nowMs;
      post({ type: "progress", progress });
    });
    post({ type: "done", remuxed: remuxWith(core, reader, data.request) });
  } catch (thrown) {
    const error = asSourceError(thrown, "SOURCE_CORRUPT", CRASHED);
    post({ type: "failed", error: toWireError(error) });
  }
};
