import type { Source } from "../../shared/ingest/read/source.ts";
import type { SubtitleText } from "../../shared/ingest/remux/extract-subtitles.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { type Notice, notice } from "../../shared/job/notice.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { CaptionsCarried, ResumableJob } from "./owner-api.ts";

export interface CarryOptions {
  client: EdgeClient;
  job: Pick<ResumableJob, "jobId" | "ownerToken">;
  /** Reads the source's texts, which takes as long as reading the file where it has no index of them. */
  read(signal: AbortSignal): Promise<SubtitleText[]>;
  /** How many the source has. */
  total: number;
  signal: AbortSignal;
  onChange(carried: CaptionsCarried): void;
}

/** The subtitles of the owner's file on their way to one video. */
export class CaptionsCarrier {
  #abort = new AbortController();

  /** Reads the file as it is now; what was under way is begun anew. */
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
 * Brings the source's subtitles to the video, beside all other work. Tracks that are there already, or that
 * were deleted, are left as they are. What fails is told by a notice; the video goes on without it.
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

/** @returns what to say where one track cannot be kept, and the others can */
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
