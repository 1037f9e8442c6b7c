import type { JobView } from "../../shared/wire/job-view.ts";
import type { EdgeClient } from "../edge-client.ts";
import { makePictures } from "../pictures/pictures-maker.ts";
import type { PicturesMade, ResumableJob } from "./owner-api.ts";

export interface JobPicturesOptions {
  client: EdgeClient;
  job: Pick<ResumableJob, "jobId" | "ownerToken">;
  onChange(made: PicturesMade): void;
}

/**
 * Makes the pictures of one video: a first poster as soon as the video plays, so that links show one meanwhile, and
 * the final poster and the storyboard once the video is complete.
 */
export class JobPictures {
  #abort = new AbortController();
  #made: PicturesMade | null = null;
  #hasBegun = false;
  #hasEnded = false;
  /** Runs are in sequence, so that the last poster stays. */
  #before: Promise<void> = Promise.resolve();

  /** Forgets the previous video. */
  end(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#made = null;
    this.#hasBegun = false;
    this.#hasEnded = false;
    this.#before = Promise.resolve();
  }

  /** Begins the pictures that the job's state allows. */
  follow(view: JobView | null, options: JobPicturesOptions): void {
    const isWhole = view?.state === "ready";
    if (view === null || view.firstPlayableAtMs === null) return;
    if (isWhole ? this.#hasEnded : this.#hasBegun) return;
    this.#hasBegun = true;
    this.#hasEnded = isWhole;
    this.#tell(options, { state: "making" });
    const { signal } = this.#abort;
    this.#before = this.#before.then(() => this.#make(options, isWhole, signal));
  }

  async #make(options: JobPicturesOptions, isWhole: boolean, signal: AbortSignal): Promise<void> {
    // The video became complete meanwhile: that run makes all pictures.
    if (signal.aborted || (!isWhole && this.#hasEnded)) return;
    const { client, job } = options;
    const masterUrl = `${self.location.origin}/v/${job.jobId}/master.m3u8`;
    const made = await makePictures({ client, ...job, masterUrl, isWhole, signal });
    if (signal.aborted) return;
    // A picture that failed at first is made again at the end; only that run reports failures.
    const { notices: told, ...pictures } = made;
    this.#tell(options, { ...pictures, ...(isWhole && { state: "done", notices: told }) });
  }

  #tell({ onChange }: JobPicturesOptions, change: Partial<PicturesMade>): void {
    const none: PicturesMade = { state: "making", poster: null, hasStoryboard: false, notices: [] };
    this.#made = { ...(this.#made ?? none), ...change };
    onChange(this.#made);
  }
}
