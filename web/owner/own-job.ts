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
  /** Session or encoders have news: `look` takes it over. */
  onChange(): void;
  onFileAway(error: TributaryError): void;
  onScriptGone(error: TributaryError): void;
}

/** What a connection is made with. */
export interface ConnectOptions {
  options: OwnerOptions;
  /** Null while the tab only watches. */
  file: PlannedFile | null;
  pool: Pool | null;
  /** The pool's tasks, those that were begun ahead among them. */
  tasks: TaskPool | null;
  /** Ids of the tasks that were begun before Start. */
  ahead: ReadonlySet<string>;
  isPaused: boolean;
}

/**
 * One job of this tab: the connection to its coordinator, what is measured of the work on it, and what is brought to its
 * video besides, which may last longer than the job.
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

  /** Media seconds that this tab makes a second, all slots; null until measured. */
  get ownSpeed(): number | null {
    return this.#work?.ownSpeed ?? null;
  }

  /** Instead of the connection of before. */
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

  /** Other encoders, or as many tasks at a time, from now on; nothing where there is no connection. */
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
   * Takes over what session and pool have to say.
   * @param plan null while the tab only watches
   * @returns how the work ended; null while it goes on, or was over before
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

  /** Captions and pictures go on. */
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

/** A job that was just created, as it is kept for a reload. */
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
