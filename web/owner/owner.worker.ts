import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import type { JobSettingsPatch } from "../../shared/job/job.ts";
import type { TrimRange } from "../../shared/job/trim-range.ts";
import type { LadderRung } from "../../shared/plan/rungs.ts";
import type { Replaces, ShareRequest, ShareResponse } from "../../shared/wire/api.ts";
import type { DetailsPatch } from "../../shared/wire/details.ts";
import type { PoolAsk } from "../../shared/wire/pool.ts";
import { DEFAULT_VISIBILITY } from "../../shared/wire/visibility.ts";
import { EdgeClient } from "../edge-client.ts";
import { hasWebCodecs, type PartDecision } from "../encoder/capability.ts";
import { loadFfmpegCore } from "../encoder/ffmpeg-core.ts";
import { colourFault } from "../encoder/webcodecs-check.ts";
import { useWorkersOfPage } from "../holder/page-workers.ts";
import { StateFeed } from "../holder/state-feed.ts";
import { exposeToLink } from "../worker-link.ts";
import {
  decideOwnPart,
  preferenceFor,
  requireEngine,
  settingsFor,
  slotCountFor,
} from "./choices.ts";
import { FileAhead } from "./file-ahead.ts";
import { type EncodersAsked, OwnEncoders } from "./own-encoders.ts";
import { OwnJob, resumableJob } from "./own-job.ts";
import { addressOf } from "./own-session.ts";
import type {
  FrameTimes,
  OwnerApi,
  OwnerOptions,
  OwnerSnapshot,
  OwnerState,
  ResumableJob,
} from "./owner-api.ts";
import { PlannedFile } from "./planned-file.ts";
import { untilReadable } from "./readable.ts";
import { IDLE, MOVING_PHASES, type OwnerEvent, reduce } from "./state.ts";

/**
 * The worker of the owner's tab: reads the picked file, creates the job, and works on it. It does not run on the page's
 * thread, because browsers throttle timers of hidden pages, but not those of workers. Everything that happens becomes
 * an event, and only `reduce` makes the next state from it.
 */
class Owner implements OwnerApi {
  readonly #client = new EdgeClient(self.location.origin);
  readonly #feed = new StateFeed<OwnerState>(IDLE, MOVING_PHASES);
  #options: OwnerOptions = {};
  #file: PlannedFile | null = null;
  readonly #encoders = new OwnEncoders(() => this.#changed());
  /** The next file; it is kept when the present file and job end. */
  readonly #ahead = new FileAhead<PlannedFile>();
  #job: OwnJob | null = null;
  #isPaused = false;
  /** The person's choice to use servers or not; null: the device's abilities decide. */
  #usesServers: boolean | null = null;
  /** Aborts everything that runs for the present file or job. */
  #abort = new AbortController();

  async subscribe(onState: (snapshot: OwnerSnapshot) => void): Promise<void> {
    this.#feed.subscribe((state, revision) => onState({ state, revision }));
  }

  async configure(options: OwnerOptions): Promise<OwnerSnapshot> {
    this.#options = { ...this.#options, ...options };
    const file = this.#file;
    const isHere = file !== null && this.#feed.state.phase === "inspected";
    if (isHere && options.picture !== undefined) return this.#reopen(file);
    // Only engine, slots and audio change the plan.
    const isOtherEngine = options.engine !== undefined || options.slots !== undefined;
    if (!isOtherEngine && options.audio === undefined) return this.#snapshot();
    if (!isHere) return this.#snapshot();
    if (isOtherEngine) this.#encoders.end();
    this.#plan(() => file.underOptions(this.#options));
    const snapshot = await this.#level();
    this.#preparePool();
    void this.#beginAhead();
    return snapshot;
  }

  async warm(): Promise<OwnerSnapshot> {
    if (preferenceFor(this.#options, null) !== "ffmpeg") void colourFault();
    return this.#snapshot();
  }

  async prepare(next: { file: File; key: string } | null): Promise<OwnerSnapshot> {
    if (next === null) this.#ahead.end();
    else {
      const options = this.#options;
      this.#ahead.aim(next.key, (how) => {
        return PlannedFile.open(next.file, this.#client, options, { ...how, isAhead: true });
      });
    }
    return this.#snapshot();
  }

  async inspect(file: File, key?: string): Promise<OwnerSnapshot> {
    await this.reset();
    const { signal } = this.#abort;
    this.#tell({ type: "picked", fileName: file.name });
    try {
      this.#loadCoreAhead().catch(() => {});
      await this.warm();
      const onProgress = (progress: number) => this.#tell({ type: "reading", progress });
      const ahead = await this.#ahead.take(key, {
        ...{ signal, onProgress },
        isFit: (opened) => opened.isFit(this.#options),
      });
      const opened = ahead ?? (await this.#open(file, signal));
      this.#file = opened;
      this.#file = await opened.levelled({ signal, onProgress });
      this.#preparePool();
      const { inspection } = this.#file;
      const inspected = this.#tell({ type: "inspected", inspection, part: this.#decidePart() });
      void this.#beginAhead();
      return inspected;
    } catch (thrown) {
      if (signal.aborted) return this.#snapshot();
      return this.#tell({ type: "failed", error: toWireError(thrown) });
    }
  }

  async setLadder(ladder: LadderRung[]): Promise<OwnerSnapshot> {
    const file = this.#file;
    if (file === null || this.#feed.state.phase !== "inspected") return this.#snapshot();
    const snapshot = this.#plan(() => file.planned(this.#options, ladder));
    void this.#beginAhead();
    return snapshot;
  }

  async setTrim(range: TrimRange | null): Promise<OwnerSnapshot> {
    const file = this.#file;
    if (file === null || this.#feed.state.phase !== "inspected") return this.#snapshot();
    this.#plan(() => file.trimmed(range));
    const snapshot = await this.#level();
    void this.#beginAhead();
    return snapshot;
  }

  async frameTimes(): Promise<FrameTimes | null> {
    return this.#feed.state.phase === "inspected" ? (this.#file?.frameTimes ?? null) : null;
  }

  async useServers(use: boolean): Promise<OwnerSnapshot> {
    this.#usesServers = use;
    this.#takePart(this.#decidePart());
    return this.#snapshot();
  }

  async start(
    visibility = DEFAULT_VISIBILITY,
    details?: DetailsPatch,
    pool?: PoolAsk,
    replaces?: Replaces,
  ): Promise<OwnerSnapshot & { job: ResumableJob | null }> {
    const file = this.#file;
    const { signal } = this.#abort;
    if (file === null || this.#feed.state.phase !== "inspected") {
      throw new TributaryError("REQUEST_INVALID", "There is no file to start with.");
    }
    this.#tell({ type: "starting" });
    try {
      requireEngine(this.#options, file.facts.hasServers);
      this.#preparePool();
      const { createToken, checking } = this.#options;
      const settings = { ...settingsFor(this.#decidePart()), ...checking };
      const { idempotencyKey } = file;
      // Not aborted where the person cancels meanwhile: a job that was created has to be cancelled, too.
      const asked = { settings, visibility, details, pool, replaces };
      const options = { ...asked, createToken, idempotencyKey };
      const plan = await file.jobPlan();
      if (!signal.aborted) this.#encoders.aim(file, plan, this.#options);
      this.#encoders.beginNow();
      const created = await this.#client.createJob(plan, options);
      const { jobId, watchUrl, masterUrl } = created;
      const chosen = { visibility, usesServers: this.#usesServers };
      const kept = resumableJob(created, file, this.#options, chosen);
      if (signal.aborted) return { ...this.#snapshot(), job: kept };
      const job = this.#adopt(kept);
      this.#tell({ type: "created", address: { jobId, watchUrl, masterUrl, visibility } });
      this.#connect(job);
      // The person may have switched servers while the job was being created.
      const now = settingsFor(this.#decidePart());
      if (now.servers !== settings.servers) job.changeSettings(now);
      return { ...this.#snapshot(), job: kept };
    } catch (thrown) {
      if (signal.aborted) return { ...this.#snapshot(), job: null };
      return { ...this.#tell({ type: "refused", error: toWireError(thrown) }), job: null };
    }
  }

  async resume(kept: ResumableJob): Promise<OwnerSnapshot> {
    await this.reset();
    const { signal } = this.#abort;
    const job = this.#adopt(kept);
    this.#usesServers = kept.usesServers;
    this.#options = { ...this.#options, picture: kept.picture };
    if (kept.engine !== null) this.#options = { ...this.#options, engine: kept.engine };
    this.#tell({ type: "resumed", fileName: kept.fileName, address: addressOf(kept) });
    try {
      await this.#client.jobStatus(kept.jobId, kept.ownerToken, signal);
      signal.throwIfAborted();
      // Connects to watch only, so that this tab sees the end where others finish the job. A file that came meanwhile
      // has already connected it.
      if (!job.isConnected) this.#connect(job);
      return this.#snapshot();
    } catch (thrown) {
      if (signal.aborted || this.#feed.state.phase !== "needs-file") return this.#snapshot();
      this.#release();
      return this.#tell({ type: "failed", error: toWireError(thrown) });
    }
  }

  async provideFile(picked: File): Promise<OwnerSnapshot> {
    const job = this.#job;
    if (job === null || this.#feed.state.phase !== "needs-file") return this.#snapshot();
    const { signal } = this.#abort;
    this.#tell({ type: "comparing" });
    let opened: PlannedFile | null = null;
    try {
      opened = await this.#open(picked, signal);
      const file = opened.fitting(this.#options, job.kept);
      requireEngine(this.#options, file.facts.hasServers);
      this.#file = file;
      this.#preparePool();
      job.disconnect();
      const { inspection } = file;
      const snapshot = this.#tell({ type: "went-on", inspection, part: this.#decidePart() });
      this.#connect(job);
      return snapshot;
    } catch (thrown) {
      opened?.close();
      if (signal.aborted) return this.#snapshot();
      return this.#tell({ type: "refused", error: toWireError(thrown) });
    }
  }

  async share(request: ShareRequest): Promise<ShareResponse> {
    return await this.#madeJob().share(request);
  }

  async revokeShares(): Promise<void> {
    await this.#madeJob().revokeShares();
  }

  async removeContributor(holderId: string): Promise<void> {
    await this.#madeJob().removeContributor(holderId);
  }

  async changeSettings(settings: JobSettingsPatch): Promise<void> {
    this.#madeJob().changeSettings(settings);
  }

  async pause(on: boolean): Promise<OwnerSnapshot> {
    this.#isPaused = on;
    this.#job?.setSlots(this.#slotsNow());
    this.#changed();
    return this.#snapshot();
  }

  async cancel(): Promise<OwnerSnapshot> {
    this.#job?.end();
    this.#release();
    return this.#tell({ type: "cancelled" });
  }

  async reset(): Promise<OwnerSnapshot> {
    this.#job?.end();
    this.#release();
    this.#job = null;
    this.#usesServers = null;
    this.#isPaused = false;
    return this.#tell({ type: "reset" });
  }

  #tell(event: OwnerEvent): OwnerSnapshot {
    this.#feed.put(reduce(this.#feed.state, event));
    return this.#snapshot();
  }

  #snapshot(): OwnerSnapshot {
    const { revision, state } = this.#feed;
    return { revision, state };
  }

  #madeJob(): OwnJob {
    if (this.#job === null) throw new TributaryError("REQUEST_INVALID", "There is no job.");
    return this.#job;
  }

  #adopt(kept: ResumableJob): OwnJob {
    const job = new OwnJob(kept, {
      client: this.#client,
      tell: (event) => this.#tell(event),
      onChange: () => this.#changed(),
      onFileAway: (error) => void this.#fileAway(job, error),
      onScriptGone: (error) => this.#scriptGone(error),
    });
    this.#job = job;
    return job;
  }

  async #open(file: File, signal: AbortSignal): Promise<PlannedFile> {
    const onProgress = (progress: number) => this.#tell({ type: "reading", progress });
    const options = { signal, onProgress };
    const opened = await PlannedFile.open(file, this.#client, this.#options, options);
    if (signal.aborted) opened.close();
    signal.throwIfAborted();
    return opened;
  }

  /** Loads ffmpeg while the file is read, unless the browser's own codecs can probably do all the work. */
  async #loadCoreAhead(): Promise<void> {
    if (preferenceFor(this.#options, null) === "ffmpeg" || !hasWebCodecs()) await loadFfmpegCore();
  }

  /** Opens the file again with the present options. */
  async #reopen(file: PlannedFile): Promise<OwnerSnapshot> {
    const { signal } = this.#abort;
    try {
      const opened = await file.reopened(this.#client, this.#options, signal);
      if (signal.aborted || this.#file !== file || this.#feed.state.phase !== "inspected") {
        opened.close();
        return this.#snapshot();
      }
      this.#encoders.endAhead();
      file.close();
      this.#plan(() => opened);
      const snapshot = await this.#level();
      void this.#beginAhead();
      return snapshot;
    } catch (thrown) {
      if (signal.aborted) return this.#snapshot();
      return this.#tell({ type: "refused", error: toWireError(thrown) });
    }
  }

  /** Changes the plan of the file; where `plan` throws, the old plan stays. */
  #plan(plan: () => PlannedFile): OwnerSnapshot {
    try {
      this.#file = plan();
    } catch (thrown) {
      return this.#tell({ type: "refused", error: toWireError(thrown) });
    }
    this.#tell({ type: "planned", inspection: this.#file.inspection });
    return this.#tell({ type: "part-decided", part: this.#decidePart() });
  }

  /** Measures the file's loudness where it is to be changed; resolves at once where it is not. */
  async #level(): Promise<OwnerSnapshot> {
    const file = this.#file;
    const { signal } = this.#abort;
    try {
      const levelled = await file?.levelled({ signal });
      if (file !== this.#file || levelled === undefined || levelled === file)
        return this.#snapshot();
      return this.#plan(() => levelled);
    } catch (thrown) {
      if (signal.aborted) return this.#snapshot();
      return this.#tell({ type: "refused", error: toWireError(thrown) });
    }
  }

  #decidePart(): PartDecision {
    return decideOwnPart(this.#options, {
      hasEngine: this.#file?.hasEngine ?? "WebAssembly" in self,
      hasServers: this.#file?.facts.hasServers ?? false,
      switched: this.#usesServers,
      measuredSpeed: this.#job?.ownSpeed ?? null,
      leftSeconds: this.#file?.durationSeconds ?? 0,
    });
  }

  /** Applies a decision about this device's part that comes while the job runs. */
  #takePart(decision: PartDecision): void {
    const { state } = this.#feed;
    const before = "part" in state ? (state.part?.part ?? null) : null;
    this.#tell({ type: "part-decided", part: decision });
    const job = this.#job;
    if (job === null || !job.isConnected || before === decision.part) return;
    // The pool finishes tasks that were begun, also where this tab takes no new ones.
    const asked = this.#asked();
    this.#encoders.start(asked);
    job.usePool(this.#encoders.tasks(asked), this.#slotsNow());
    job.changeSettings(settingsFor(decision));
  }

  /** Starts the pool's workers while the person looks at the plan, or while the job is created. */
  #preparePool(): void {
    this.#encoders.prepare(this.#asked());
  }

  /** Has the first tasks made while the person looks at the plan, by the plan that the job will have. */
  async #beginAhead(): Promise<void> {
    const { pool } = this.#encoders;
    const file = this.#file;
    if (file === null || pool === null) {
      this.#encoders.endAhead();
      return;
    }
    const able = await file.withAbleEncoder();
    const isNow = this.#file === file && this.#encoders.pool === pool;
    if (!isNow || this.#feed.state.phase !== "inspected") return;
    if (able !== file) {
      this.#encoders.endAhead();
      this.#encoders.end();
      this.#plan(() => able);
      this.#preparePool();
    }
    this.#encoders.aim(able, await able.jobPlan(), this.#options);
  }

  /** Number of tasks that this tab takes at a time now. */
  #slotsNow(): number {
    if (this.#isPaused || this.#decidePart().part === "weak") return 0;
    return slotCountFor(this.#options, this.#file?.facts ?? null);
  }

  #asked(): EncodersAsked {
    return { options: this.#options, file: this.#file, part: this.#decidePart().part };
  }

  #connect(job: OwnJob): void {
    this.#encoders.stopAhead();
    const [options, file] = [this.#options, this.#file];
    const { pool, begun: ahead } = this.#encoders;
    const tasks = this.#encoders.tasks({ options, file });
    job.connect({ options, file, pool, tasks, ahead, isPaused: this.#isPaused });
  }

  /** Stops without a report to the coordinator: reported failures would cost the tasks their attempts. */
  #scriptGone(error: TributaryError): void {
    if (this.#job?.isConnected !== true) return;
    this.#release();
    this.#tell({ type: "failed", error: toWireError(error) });
  }

  /** Finished tasks stay; leases of unfinished ones are given up. Goes on when the file can be read again. */
  async #fileAway(job: OwnJob, error: TributaryError): Promise<void> {
    const file = this.#file?.file;
    if (file === undefined) return;
    this.#release();
    const { signal } = this.#abort;
    this.#tell({ type: "file-away", error: toWireError(error) });
    this.#connect(job);
    await untilReadable(file, signal);
    if (!signal.aborted && this.#feed.state.phase === "needs-file") await this.provideFile(file);
  }

  /** Reads the present state of session and pool, and ends the work where the job has ended. */
  #changed(): void {
    const job = this.#job;
    if (job === null) return;
    const speedBefore = job.ownSpeed;
    const end = job.look(this.#encoders.pool, this.#file?.plan ?? null, this.#isPaused);
    // The speed of this tab has just been measured, so its part is decided again.
    if (speedBefore === null && job.ownSpeed !== null) this.#takePart(this.#decidePart());
    if (end === null) return;
    this.#release();
    this.#tell(end);
  }

  /** Stops all work for the present file and job at once. */
  #release(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#job?.disconnect();
    this.#encoders.endAhead();
    this.#encoders.end();
    this.#file?.close();
    this.#file = null;
  }
}

useWorkersOfPage();
exposeToLink(new Owner());
