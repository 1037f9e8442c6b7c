import { type ReadonlySignal, signal } from "@preact/signals";
import { pause, REAL_CLOCK } from "../../shared/clock.ts";
import type { Captions, NewCaptions } from "../../shared/wire/captions.ts";
import type { EdgeClient } from "../edge-client.ts";

const ASK_EVERY_MS = 5_000;
/** Time between questions about a finished video, to which somebody may still add captions. */
const ASK_EVERY_ENDED_MS = 60_000;

/** The captions of a video, kept up to date. */
export interface CaptionsFeed {
  /** Oldest first; the same array while nothing changes. */
  readonly captions: ReadonlySignal<readonly Captions[]>;
  /** Needs the owner's token. Rejects with the codes of `EdgeClient.addCaptions`. */
  add(sent: NewCaptions): Promise<void>;
  /** Needs the owner's token. Rejects with the codes of `EdgeClient.deleteCaptions`. */
  remove(id: string): Promise<void>;
}

/**
 * Asks for the captions at intervals until `abort`. Where no answer comes, the last list stays.
 * @param isMaking whether the video is still being made: then it asks more often
 */
export function captionsFeed(
  client: EdgeClient,
  { jobId, ownerToken }: { jobId: string; ownerToken: () => string | null },
  isMaking: () => boolean,
  abort: AbortSignal,
): CaptionsFeed {
  const captions = signal<readonly Captions[]>([]);
  const ask = async (): Promise<void> => {
    const list = await client.captions(jobId, ownerToken() ?? undefined, abort).catch(() => null);
    if (list === null || abort.aborted) return;
    const ids = (tracks: readonly Captions[]) => tracks.map(({ id }) => id).join();
    if (ids(list.captions) !== ids(captions.value)) captions.value = list.captions;
  };
  const run = async (): Promise<void> => {
    while (!abort.aborted) {
      await ask();
      await pause(REAL_CLOCK, isMaking() ? ASK_EVERY_MS : ASK_EVERY_ENDED_MS, abort);
    }
  };
  void run().catch(() => {});
  return {
    captions,
    async add(sent) {
      await client.addCaptions(jobId, ownerToken() ?? "", sent, abort);
      await ask();
    },
    async remove(id) {
      await client.deleteCaptions(jobId, ownerToken() ?? "", id);
      await ask();
    },
  };
}
