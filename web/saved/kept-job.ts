import { type ReadonlySignal, signal } from "@preact/signals";
import type { ResumableJob } from "../owner/owner-api.ts";
import { claimJob, type ResumeStore } from "./resume-store.ts";
import type { StoredJob } from "./stored-job.ts";

/** The one job that this tab works on: kept over a reload, and marked so that no other tab takes it up. */
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

  /** Where the job's file can be opened again; null where that is not known. */
  get handle(): ReadonlySignal<FileSystemFileHandle | null> {
    return this.#handle;
  }

  /** Jobs of before, newest first. */
  list(): Promise<StoredJob[]> {
    return this.#store.list();
  }

  /** @returns false, changing nothing, when another tab has it or this one has a job */
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

  /** A job that begins here. */
  async begin(job: ResumableJob, handle: FileSystemFileHandle | null): Promise<void> {
    this.#hold(job, handle, await claimJob(job.jobId));
    await this.#store.put({ job, handle });
  }

  /** The file was found again, maybe elsewhere; null when it cannot be reopened. */
  async moveTo(handle: FileSystemFileHandle | null): Promise<void> {
    this.#handle.value = handle;
    if (this.#job !== null) await this.#store.put({ job: this.#job, handle });
  }

  /** Something else was chosen for it. */
  async change(choice: Pick<ResumableJob, "usesServers">): Promise<void> {
    if (this.#job === null) return;
    this.#job = { ...this.#job, ...choice };
    await this.#store.put({ job: this.#job, handle: this.#handle.peek() });
  }

  /** For this visit: what the handle led to is gone, or not allowed. */
  loseHandle(): void {
    this.#handle.value = null;
  }

  /** Over or given up: nothing to come back to after a reload. */
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
