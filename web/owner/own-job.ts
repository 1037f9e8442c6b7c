import { TributaryError } from "../../shared/job/errors.ts";
import type { JobPlan, JobSettingsPatch } from "../../shared/job/job.ts";
import type { CreateJobResponse, ShareRequest, ShareResponse } from "../../shared/wire/api.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { Pool, TaskPool } from "../encoder/pool.ts";
import type { HolderSession } from "../holder/session.ts";
import { CaptionsCarrier } from "./carry-captions.ts";
import { JobPictures } from "./job-pictures.ts";
import { endOf, JobWork } from "./job-work.ts";
import { openOwnSession } from "./own-session.ts";
import type { OwnerOptions, ResumableJob } from "./owner-api.ts";
import type { PlannedFile } from "./planned-file.ts";
import type { OwnerEvent } from "./state.ts";

export interface OwnJobParts {
  client: EdgeClient;
  tell(event: OwnerEvent): void;
  /** Called after a change of session or encoders; it has to call `look`. */
  onChange(): void;
  onFileAway(error: TributaryError): void;
  onScriptGone(error: TributaryError): void;
}

/** Everything that a connection to a job needs. */
export interface ConnectOptions {
  options: OwnerOptions;
  /** Null while the tab only watches. */
  file: PlannedFile | null;
  pool: Pool | null;
  /** The pool for leases, with the tasks that were begun ahead. */
  tasks: TaskPool | null;
  /** Ids of the tasks that were begun before Start. */
  ahead: ReadonlySet<string>;
  isPaused: boolean;
}

/**
 * One job of this tab: the connection to its coordinator, the measurements of the work, and the captions and pictures
 * that are brought to the video, which may take longer than the job.
 */
export class OwnJob {
  readonly kept: ResumableJob;
  readonly #parts: OwnJobParts;
  #session: HolderSession | null = null;
  #work: JobWork | null = null;
  readonly #captions = new CaptionsCarrier();
  readonly #pictures = new JobPictures();

  constructor(kept: ResumableJob, parts: OwnJobParts) {
    this.kept = kept;
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#session !== null;
  }

  /** Media seconds that all slots of this tab encode per second; null until measured. */
  get ownSpeed(): number | null {
    return this.#work?.ownSpeed ?? null;
  }

  /** Opens a connection; an earlier one is closed. */
  connect({ options, file, pool, tasks, ahead, isPaused }: ConnectOptions): void {
    this.#session?.stop();
    const { client, tell, onChange, onFileAway, onScriptGone } = this.#parts;
    const nowMs = performance.now();
    this.#work = new JobWork(nowMs, pool?.busyMs(nowMs) ?? 0, ahead);
    const tab = { client, options, file, pool: tasks };
    const session = openOwnSession(this.kept, { ...tab, onChange, onFileAway, onScriptGone });
    this.#session = session;
    if (isPaused) session.setSlots(0);
    if (file === null) return;
    this.#captions.begin(file.source, {
      client,
      job: this.kept,
      onChange: (captions) => tell({ type: "captions", captions }),
    });
  }

  /** Changes the pool and the number of tasks at a time; nothing happens without a connection. */
  usePool(tasks: TaskPool | null, slots: number): void {
    this.#session?.usePool(tasks, slots);
  }

  setSlots(slots: number): void {
    this.#session?.setSlots(slots);
  }

  /** @throws TributaryError NETWORK */
  changeSettings(settings: JobSettingsPatch): void {
    if (this.#session === null) {
      throw new TributaryError("NETWORK", "There is no connection to the job now.");
    }
    this.#session.changeSettings(settings);
  }

  share(request: ShareRequest): Promise<ShareResponse> {
    const { jobId, ownerToken } = this.kept;
    return this.#parts.client.share(jobId, ownerToken, request);
  }

  revokeShares(): Promise<void> {
    return this.#parts.client.revokeShares(this.kept.jobId, this.kept.ownerToken);
  }

  removeContributor(holderId: string): Promise<void> {
    const { jobId, ownerToken } = this.kept;
    return this.#parts.client.removeContributor(jobId, ownerToken, holderId);
  }

  /**
   * Reads the present state of session and pool.
   * @param plan null while the tab only watches
   * @returns how the work ended; null while it goes on, or without a connection
   */
  look(pool: Pool | null, plan: JobPlan | null, paused: boolean): OwnerEvent | null {
    const session = this.#session;
    const work = this.#work;
    if (session === null || work === null) return null;
    const { client, tell } = this.#parts;
    const view = work.view(session, pool, plan, performance.now());
    tell({ type: "worked", work: { ...view, paused } });
    this.#pictures.follow(session.job, {
      client,
      job: this.kept,
      onChange: (pictures) => tell({ type: "pictures", pictures }),
    });
    return endOf(session);
  }

  /** Closes the connection; captions and pictures go on. */
  disconnect(): void {
    this.#session?.stop();
    this.#session = null;
  }

  end(): void {
    this.#captions.end();
    this.#pictures.end();
    this.disconnect();
  }
}

/** A new job in the form that is stored for a reload. */
export function resumableJob(
  { jobId, ownerToken }: Pick<CreateJobResponse, "jobId" | "ownerToken">,
  { source, content, ladder, planSlots, audio }: PlannedFile,
  options: OwnerOptions,
  chosen: { visibility: Visibility; usesServers: boolean | null },
): ResumableJob {
  const { engine = null, picture = null } = options;
  const { name: fileName, fingerprint, sizeBytes, trim = null } = source.facts;
  const read = { fileName, fingerprint, content, sizeBytes, ladder, planSlots, audio, trim };
  return { jobId, ownerToken, ...read, engine, picture, ...chosen, createdAtMs: Date.now() };
}
