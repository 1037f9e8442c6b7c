import { type FfmpegSource, startCore } from "../../../shared/ffmpeg-core.ts";
import { asSourceError } from "../../../shared/ingest/read/source-errors.ts";
import {
  CRASHED,
  type Remuxed,
  type RemuxRequest,
  remuxWith,
} from "../../../shared/ingest/remux/remux-run.ts";
import { exposeToLink } from "../../worker-link.ts";
import { fileReader } from "./file-reader.ts";

export interface RemuxApi {
  /** @param onProgress share of the file that was read */
  remux(
    core: FfmpegSource,
    file: Blob,
    request: RemuxRequest,
    onProgress: (progress: number) => void,
  ): Promise<Remuxed>;
}

const PROGRESS_EVERY_MS = 250;

exposeToLink<RemuxApi>({
  async remux(source, file, request, onProgress) {
    try {
      const core = await startCore(source);
      let lastMs = 0;
      const reader = fileReader(file, (progress) => {
        const nowMs = performance.now();
        if (nowMs - lastMs < PROGRESS_EVERY_MS) return;
        lastMs = nowMs;
        onProgress(progress);
      });
      return remuxWith(core, reader, request);
    } catch (thrown) {
      throw asSourceError(thrown, "SOURCE_CORRUPT", CRASHED);
    }
  },
});
