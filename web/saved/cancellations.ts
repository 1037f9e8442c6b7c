import { type ReadonlySignal, signal } from "@preact/signals";
import { type Clock, pause } from "../../shared/clock.ts";
import { toWireError } from "../../shared/job/errors.ts";
import { callBackoffMs } from "../../shared/retry.ts";
import type { EdgeClient } from "../edge-client.ts";
import { forgetOwned } from "./owned-videos.ts";
import { StringRecord } from "./string-record.ts";

type Client = Pick<EdgeClient, "cancelJob" | "jobStatus" | "deleteVideo">;

/** Job ids and owner's tokens of cancellations that have not reached the site yet. */
const CANCELLED = new StringRecord("tributary.cancelled");
const MAX_KEPT = 100;

/**
 * Sends cancellations until they have reached the site, and stores them in this browser over a lost connection or a
 * closed tab. None may be lost, because the site deletes the video only with a cancellation.
 */
export class Cancellations {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #sending = new Set<string>();
  readonly #unheard = signal<readonly string[]>([]);
  /** Ends the present waits between tries. */
  #wake = new AbortController();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Ids of jobs whose cancellation was sent and has not reached the site yet. */
  get unheard(): ReadonlySignal<readonly string[]> {
    return this.#unheard;
  }

  /** Cancels a job; resolves when the site has deleted the video, or where no further try can help. */
  async cancel(jobId: string, ownerToken: string): Promise<void> {
    CANCELLED.put(jobId, ownerToken, MAX_KEPT);
    await this.#send(jobId, ownerToken);
  }

  /** Sends the cancellations that an earlier visit left. */
  async resume(): Promise<void> {
    const left = Object.entries(CANCELLED.read());
    await Promise.all(left.map(([jobId, token]) => this.#send(jobId, token)));
  }

  /** Tries again at once, because the network may be back. */
  hurry(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async #send(jobId: string, ownerToken: string): Promise<void> {
    if (this.#sending.has(jobId)) return;
    this.#sending.add(jobId);
    for (let failures = 1; !(await this.#isHeard(jobId, ownerToken)); failures += 1) {
      this.#unheard.value = [...new Set([...this.#unheard.peek(), jobId])];
      const waitMs = callBackoffMs(failures, this.#clock.random());
      await pause(this.#clock, waitMs, this.#wake.signal);
    }
    CANCELLED.delete(jobId);
    forgetOwned(jobId);
    this.#unheard.value = this.#unheard.peek().filter((id) => id !== jobId);
    this.#sending.delete(jobId);
  }

  /** Whether no further try is needed: the video is deleted, or never can be (already gone, wrong token). */
  async #isHeard(jobId: string, ownerToken: string): Promise<boolean> {
    try {
      if (!(await this.#isCancelled(jobId, ownerToken))) {
        // Helpers or servers ended the job before the cancellation arrived.
        await this.#client.deleteVideo(jobId, ownerToken);
      }
      return true;
    } catch (thrown) {
      return !toWireError(thrown).retryable;
    }
  }

  /** False for a job that had already ended, and for one that its coordinator has forgotten. */
  async #isCancelled(jobId: string, ownerToken: string): Promise<boolean> {
    try {
      await this.#client.cancelJob(jobId, ownerToken);
      return (await this.#client.jobStatus(jobId, ownerToken)).state === "cancelled";
    } catch (thrown) {
      if (toWireError(thrown).code === "JOB_NOT_FOUND") return false;
      throw thrown;
    }
  }
}
