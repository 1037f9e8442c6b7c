import type { CardMaker, OpenSourceOptions } from "../../../shared/ingest/read/open-options.ts";
import { openSource as openSharedSource, type Source } from "../../../shared/ingest/read/source.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { drawCard } from "./draw-card.ts";
import { remux } from "./remux.ts";

/**
 * Opens a picked file by `shared/ingest`. Where ffmpeg is needed, it runs in a worker of its own.
 * @throws TributaryError with a SOURCE_* code, or the signal's reason
 */
export function openSource(
  file: File,
  options: Omit<OpenSourceOptions, "remux" | "makeCard">,
): Promise<Source> {
  const { loadFfmpeg } = options;
  const makeCard: CardMaker = async (content, signal) => {
    const core = await loadFfmpeg?.(signal);
    if (core === undefined) throw new TributaryError("ENGINE_UNAVAILABLE", NO_CARD);
    const picture = await drawCard(content);
    const { file } = await remux(picture, core, { copy: "picture" }, { signal });
    if (file === null) throw new TributaryError("INTERNAL", NO_CARD);
    return file;
  };
  return openSharedSource(file, { ...options, remux, makeCard });
}

const NO_CARD = "The picture for the sound could not be made.";
