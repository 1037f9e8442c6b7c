import type { Source } from "../../shared/ingest/read/source.ts";
import type { SubtitleText } from "../../shared/ingest/remux/extract-subtitles.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { type Notice, notice } from "../../shared/job/notice.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { CaptionsCarried, ResumableJob } from "./owner-api.ts";

export interface CarryOptions {
  client: EdgeClient;
  job: Pick<ResumableJob, "jobId" | "ownerToken">;
  /** Reads the source's subtitle texts; without an index of them, the whole file has to be read. */
  read(signal: AbortSignal): Promise<SubtitleText[]>;
  /** How many tracks of text subtitles the source has. */
  total: number;
  signal: AbortSignal;
  onChange(carried: CaptionsCarried): void;
}

/** Carries the subtitles of the owner's file to one video. */
export class CaptionsCarrier {
  #abort = new AbortController();

  /** Begins with the file as it is now; an earlier run is ended. */
  begin(
    source: Pick<Source, "facts" | "captions">,
    options: Pick<CarryOptions, "client" | "job" | "onChange">,
  ): void {
    const total = source.facts.subtitles?.filter(({ isText }) => isText).length ?? 0;
    if (total === 0) return;
    this.end();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const read = (given: AbortSignal) => source.captions(given);
    void carryCaptions({ ...options, total, read, signal });
  }

  end(): void {
    this.#abort.abort();
  }
}

/**
 * Saves the source's subtitles as captions of the video, in parallel with all other work. Tracks that were saved or
 * deleted before are skipped. A failed track gets a notice; the video goes on without it.
 */
export async function carryCaptions(options: CarryOptions): Promise<void> {
  const { client, job, total, signal, onChange } = options;
  const carried: CaptionsCarried = { state: "reading", saved: 0, total, notices: [] };
  const tell = (change: Partial<CaptionsCarried>): void => {
    if (!signal.aborted) onChange(Object.assign(carried, change) && { ...carried });
  };
  tell({});
  try {
    const { sourceTracks } = await client.captions(job.jobId, job.ownerToken, signal);
    if (sourceTracks.length >= total) return tell({ state: "done", saved: total });
    const tracks = await options.read(signal);
    tell({ total: tracks.length });
    for (const { track, language, title, text, ...more } of tracks) {
      if (!sourceTracks.includes(track)) {
        const name = title?.trim().slice(0, 100);
        const sent = { ...more, text, language, sourceTrack: track };
        const named = name ? { ...sent, name } : sent;
        const failed = await saved(options, named, language);
        if (failed !== null) tell({ notices: [...carried.notices, failed] });
      }
      tell({ saved: carried.saved + 1 });
    }
    tell({ state: "done" });
  } catch (thrown) {
    const { message } = toWireError(thrown);
    const failed = notSaved(`The subtitles of the file could not be kept: ${message}`);
    tell({ state: "done", notices: [...carried.notices, failed] });
  }
}

/**
 * Saves one track.
 * @returns a notice where this track cannot be saved, while others may; null where it was saved
 * @throws TributaryError of `EdgeClient.addCaptions`, where it does not concern this track only
 */
async function saved(
  { client, job, signal }: CarryOptions,
  sent: Parameters<EdgeClient["addCaptions"]>[2],
  language: string,
): Promise<Notice | null> {
  try {
    if (sent.text === "") throw new TributaryError("CAPTIONS_INVALID", "Nothing could be read.");
    await client.addCaptions(job.jobId, job.ownerToken, sent, signal);
    return null;
  } catch (thrown) {
    const { code, message } = toWireError(thrown);
    if (!OF_THE_TRACK.includes(code)) throw thrown;
    return notSaved(`A track of subtitles (${language}) could not be kept: ${message}`);
  }
}

const OF_THE_TRACK: readonly string[] = ["CAPTIONS_INVALID", "CAPTIONS_FULL", "REQUEST_INVALID"];

function notSaved(message: string): Notice {
  return notice("CAPTIONS_NOT_SAVED", message.slice(0, 500));
}
