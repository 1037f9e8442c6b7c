import { type ReadonlySignal, signal } from "@preact/signals";
import type { ResumableJob } from "../owner/owner-api.ts";
import { claimJob, type ResumeStore } from "./resume-store.ts";
import type { StoredJob } from "./stored-job.ts";

/** The job that this tab works on. It is stored over a reload, and locked so that no other tab takes it up. */
export class KeptJob {
  readonly #store: ResumeStore;
  readonly #handle = signal<FileSystemFileHandle | null>(null);
  #job: ResumableJob | null = null;
  #freeClaim: (() => void) | null = null;

  constructor(store: ResumeStore) {
    this.#store = store;
  }

  get job(): ResumableJob | null {
    return this.#job;
  }

  /** Handle by which the job's file can be opened again; null where there is none. */
  get handle(): ReadonlySignal<FileSystemFileHandle | null> {
    return this.#handle;
  }

  /** Stored jobs, newest first. */
  list(): Promise<StoredJob[]> {
    return this.#store.list();
  }

  /**
   * Makes a stored job this tab's job.
   * @returns false, without a change, where another tab has the job or this one already has a job
   */
  async takeUp({ job, handle }: StoredJob): Promise<boolean> {
    const free = await claimJob(job.jobId);
    if (free === null) return false;
    if (this.#job !== null) {
      free();
      return false;
    }
    this.#hold(job, handle, free);
    return true;
  }

  /** Stores a new job of this tab. */
  async begin(job: ResumableJob, handle: FileSystemFileHandle | null): Promise<void> {
    this.#hold(job, handle, await claimJob(job.jobId));
    await this.#store.put({ job, handle });
  }

  /** Stores another handle of the job's file, which may have moved; null where the file cannot be reopened. */
  async moveTo(handle: FileSystemFileHandle | null): Promise<void> {
    this.#handle.value = handle;
    if (this.#job !== null) await this.#store.put({ job: this.#job, handle });
  }

  /** Stores a changed choice for the job. */
  async change(choice: Pick<ResumableJob, "usesServers">): Promise<void> {
    if (this.#job === null) return;
    this.#job = { ...this.#job, ...choice };
    await this.#store.put({ job: this.#job, handle: this.#handle.peek() });
  }

  /** Forgets the handle for this visit, because its file is gone or not allowed. */
  loseHandle(): void {
    this.#handle.value = null;
  }

  /** Deletes the job from the store, because it has ended or was given up. */
  async forget(): Promise<void> {
    const job = this.#job;
    this.#job = null;
    this.#handle.value = null;
    this.#freeClaim?.();
    this.#freeClaim = null;
    if (job !== null) await this.#store.delete(job.jobId);
  }

  #hold(job: ResumableJob, handle: FileSystemFileHandle | null, free: (() => void) | null): void {
    this.#freeClaim?.();
    this.#job = job;
    this.#freeClaim = free;
    this.#handle.value = handle;
  }
}
