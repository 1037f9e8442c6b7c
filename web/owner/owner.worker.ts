import type { Source } from "../../shared/ingest/read/source.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { type JobPlan, type JobSettingsPatch, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import type { ShareRequest, ShareResponse } from "../../shared/wire/api.ts";
import { EdgeClient } from "../edge-client.ts";
import { encodesSound, enginesOf, type PartDecision } from "../encoder/capability.ts";
import { loadFfmpegCore } from "../encoder/ffmpeg-core.ts";
import { Pool } from "../encoder/pool.ts";
import { HolderSession } from "../holder/session.ts";
import { StateFeed } from "../holder/state-feed.ts";
import { exposeToLink } from "../worker-link.ts";
import {
  decideHolderPart,
  laneFor,
  requireEngine,
  settingsFor,
  slotCountFor,
  soundNeedsFfmpeg,
} from "./choices.ts";
import { IDLE_STATE } from "./idle-state.ts";
import { describePlan, openFile } from "./inspection.ts";
import { ProgressMeter, SpeedGauge } from "./meter.ts";
import type {
  HolderApi,
  HolderOptions,
  HolderState,
  LadderRung,
  ResumableJob,
  SlotState,
} from "./owner-api.ts";

/**
 * The tab's holder: reads the picked file, makes the job, and works on it, all off the page's thread
 * (timers of pages are throttled in hidden tabs, those of workers are not). The page only shows
 * `HolderState`.
 */

class Holder implements HolderApi {
  readonly #client = new EdgeClient(self.location.origin);
  readonly #feed = new StateFeed(IDLE_STATE, ["inspecting", "needs-file", "running"]);
  #options: HolderOptions = {};
  #source: Source | null = null;
  #plan: JobPlan | null = null;
  #ladder: LadderRung[] = [];
  /** Null: the default one. */
  #askedLadder: LadderRung[] | null = null;
  #planSlots = 1;
  #fastRefusal: string | null = null;
  #soundNeedsFfmpeg = true;
  #pool: Pool | null = null;
  #session: HolderSession | null = null;
  #resumable: ResumableJob | null = null;
  #meter = new ProgressMeter();
  #startedAtMs = 0;
  #hasServers = false;
  /** What the person chose; null: by what the device can do. */
  #chosen: boolean | null = null;
  #speedGauge = new SpeedGauge();
  /** Aborts what runs for the present file or job. */
  #abort = new AbortController();

  async subscribe(onState: (state: HolderState) => void): Promise<void> {
    this.#feed.subscribe(onState);
  }

  async configure(options: HolderOptions): Promise<void> {
    this.#options = { ...this.#options, ...options };
    if (this.#feed.state.phase !== "inspected") return;
    this.#pool?.terminate();
    this.#pool = null;
    this.#useLadder(this.#askedLadder);
    this.#preparePool();
  }

  async inspect(file: File): Promise<void> {
    await this.reset();
    const { signal } = this.#abort;
    this.#feed.set({ ...IDLE_STATE, phase: "inspecting", fileName: file.name });
    try {
      this.#loadCoreAhead().catch(() => {});
      const source = await this.#open(file, signal);
      this.#source = source;
      this.#useLadder(null);
      this.#preparePool();
      this.#feed.set({ phase: "inspected", inspectProgress: null, part: this.#decidePart() });
    } catch (thrown) {
      if (signal.aborted) return;
      this.#feed.set({ phase: "failed", inspectProgress: null, error: toWireError(thrown) });
    }
  }

  async setLadder(ladder: LadderRung[]): Promise<void> {
    try {
      this.#useLadder(ladder);
    } catch (thrown) {
      throw toWireError(thrown);
    }
  }

  async useServers(use: boolean): Promise<void> {
    this.#chosen = use;
    this.#takePart(this.#decidePart());
  }

  async start(): Promise<ResumableJob> {
    const source = this.#source;
    const plan = this.#plan;
    if (source === null || plan === null || this.#feed.state.phase !== "inspected") {
      throw toWireError(new TributaryError("REQUEST_INVALID", "There is no file to start with."));
    }
    const { signal } = this.#abort;
    this.#feed.set({ phase: "starting", error: null });
    try {
      requireEngine(this.#options, this.#hasServers);
      this.#preparePool();
      const settings = settingsFor(this.#decidePart());
      const created = await this.#client.createJob(plan, {
        settings,
        signal,
        ...(this.#options.createToken === undefined
          ? {}
          : { createToken: this.#options.createToken }),
      });
      const resumable: ResumableJob = {
        jobId: created.jobId,
        ownerToken: created.ownerToken,
        fileName: source.facts.name,
        fingerprint: source.facts.fingerprint,
        sizeBytes: source.facts.sizeBytes,
        ladder: this.#ladder,
        planSlots: this.#planSlots,
        createdAtMs: Date.now(),
      };
      this.#resumable = resumable;
      this.#feed.set({
        phase: "running",
        jobId: created.jobId,
        watchUrl: created.watchUrl,
        masterUrl: created.masterUrl,
      });
      this.#connect(resumable);
      // Switched while the job was being created.
      const now = settingsFor(this.#decidePart());
      if (now.servers !== settings.servers) this.#session?.changeSettings(now);
      return resumable;
    } catch (thrown) {
      const error = toWireError(thrown);
      if (!signal.aborted) this.#feed.set({ phase: "inspected", error });
      throw error;
    }
  }

  async resume(job: ResumableJob): Promise<void> {
    await this.reset();
    const { signal } = this.#abort;
    this.#resumable = job;
    const { origin } = self.location;
    this.#feed.set({
      ...IDLE_STATE,
      phase: "needs-file",
      fileName: job.fileName,
      jobId: job.jobId,
      watchUrl: `${origin}/watch/${job.jobId}`,
      masterUrl: `${origin}/v/${job.jobId}/master.m3u8`,
    });
    try {
      await this.#client.jobStatus(job.jobId, job.ownerToken, signal);
      // Watches only: a job that others finish ends here too.
      this.#connect(job);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#feed.set({ phase: "failed", error: toWireError(thrown) });
    }
  }

  async provideFile(file: File): Promise<void> {
    const job = this.#resumable;
    if (job === null || this.#feed.state.phase !== "needs-file") return;
    const { signal } = this.#abort;
    this.#feed.set({ inspectProgress: 0, error: null });
    try {
      const source = await this.#open(file, signal);
      if (source.facts.fingerprint !== job.fingerprint) {
        source.close();
        throw new TributaryError("SOURCE_CHANGED", "This is not the file that the job began with.");
      }
      this.#source = source;
      this.#useLadder(job.ladder, job.planSlots ?? 1);
      requireEngine(this.#options, this.#hasServers);
      this.#preparePool();
      this.#session?.stop();
      this.#feed.set({ phase: "running", inspectProgress: null, error: null });
      this.#connect(job);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#feed.set({ phase: "needs-file", inspectProgress: null, error: toWireError(thrown) });
    }
  }

  share(request: ShareRequest): Promise<ShareResponse> {
    return this.#asOwner((job) => this.#client.share(job.jobId, job.ownerToken, request));
  }

  revokeShares(): Promise<void> {
    return this.#asOwner((job) => this.#client.revokeShares(job.jobId, job.ownerToken));
  }

  removeContributor(holderId: string): Promise<void> {
    return this.#asOwner((job) => {
      return this.#client.removeContributor(job.jobId, job.ownerToken, holderId);
    });
  }

  async changeSettings(settings: JobSettingsPatch): Promise<void> {
    if (this.#session !== null) {
      this.#session.changeSettings(settings);
      return;
    }
    throw toWireError(new TributaryError("NETWORK", "There is no connection to the job now."));
  }

  async cancel(): Promise<void> {
    const job = this.#resumable;
    this.#release();
    this.#feed.set({ phase: "cancelled", connected: false, slots: [] });
    if (job !== null) {
      await this.#client.cancelJob(job.jobId, job.ownerToken).catch((thrown: unknown) => {
        throw toWireError(thrown);
      });
    }
  }

  async reset(): Promise<void> {
    this.#release();
    this.#resumable = null;
    this.#plan = null;
    this.#meter = new ProgressMeter();
    this.#speedGauge = new SpeedGauge();
    this.#chosen = null;
    this.#feed.reset();
  }

  async #asOwner<T>(act: (job: ResumableJob) => Promise<T>): Promise<T> {
    if (this.#resumable === null) {
      throw toWireError(new TributaryError("REQUEST_INVALID", "There is no job."));
    }
    try {
      return await act(this.#resumable);
    } catch (thrown) {
      throw toWireError(thrown);
    }
  }

  async #open(file: File, signal: AbortSignal): Promise<Source> {
    const onProgress = (progress: number) => this.#feed.set({ inspectProgress: progress });
    const opened = await openFile(file, this.#client, { signal, onProgress });
    this.#hasServers = opened.hasServers;
    this.#fastRefusal = opened.fastRefusal;
    this.#soundNeedsFfmpeg = await soundNeedsFfmpeg(opened.source.facts);
    return opened.source;
  }

  /** ffmpeg loads while the file is read, unless this browser may well do all of it without. */
  async #loadCoreAhead(): Promise<void> {
    if (laneFor(this.#options, null) === "ffmpeg" || !(await encodesSound()))
      await loadFfmpegCore();
  }

  /** @param ladder null for the default. Throws LADDER_INVALID. */
  #useLadder(ladder: LadderRung[] | null, planSlots = this.#slotsToPlanFor()): void {
    const source = this.#source;
    if (source === null) return;
    const plan = source.planJob(ladder ?? undefined, planSlots);
    this.#askedLadder = ladder;
    this.#planSlots = planSlots;
    this.#plan = plan;
    this.#ladder = plan.video.map(({ width, height, bitsPerSecond }) => ({
      shortSide: Math.min(width, height),
      kilobitsPerSecond: Math.round(bitsPerSecond / 1000),
    }));
    // What was asked for, not what even numbers made of it: "240" may well be 134 lines of a banner.
    if (ladder !== null) this.#ladder = ladder;
    const facts = {
      ladder: this.#ladder,
      remuxed: source.remuxed,
      pictureEngine: this.#usesWebCodecs() ? ("webcodecs" as const) : ("ffmpeg-wasm" as const),
      fastRefusal: this.#fastRefusal,
    };
    this.#feed.set({ inspection: describePlan(plan, facts) });
  }

  #decidePart(): PartDecision {
    return decideHolderPart(this.#options, {
      hasServers: this.#hasServers,
      switched: this.#chosen,
      measuredSpeed: this.#speedGauge.speed,
      leftSeconds: (this.#plan?.source.durationTicks ?? 0) / TICKS_PER_SECOND,
    });
  }

  /** Acts on a decision that comes while the job runs. */
  #takePart(decision: PartDecision): void {
    const before = this.#feed.state.part?.part;
    this.#feed.set({ part: decision });
    const session = this.#session;
    if (session === null || before === decision.part) return;
    this.#pool ??= decision.part === "weak" ? null : this.#makePool();
    session.usePool(this.#pool, decision.part === "weak" ? 0 : slotCountFor(this.#options));
    session.changeSettings(settingsFor(decision));
  }

  /** Workers start while the person looks at what was found, or the job is created. */
  #preparePool(): void {
    if (this.#decidePart().part === "weak") {
      this.#pool?.terminate();
      this.#pool = null;
      return;
    }
    this.#pool ??= this.#makePool();
    void this.#pool?.warm().catch(() => {});
  }

  #makePool(): Pool | null {
    if (this.#decidePart().part === "weak") return null;
    const slots = slotCountFor(this.#options);
    const ffmpegAhead = this.#usesWebCodecs() ? Number(this.#soundNeedsFfmpeg) : slots;
    return new Pool({ slots, lane: laneFor(this.#options, this.#fastRefusal), ffmpegAhead }, () =>
      this.#changed(),
    );
  }

  #usesWebCodecs(): boolean {
    return laneFor(this.#options, this.#fastRefusal) !== "ffmpeg";
  }

  /** ffmpeg.wasm has one thread a slot; the browser's codecs use all cores for each task. */
  #slotsToPlanFor(): number {
    return this.#usesWebCodecs() ? 1 : slotCountFor(this.#options);
  }

  #connect(job: ResumableJob): void {
    this.#startedAtMs = performance.now();
    this.#session = new HolderSession({
      client: this.#client,
      jobId: job.jobId,
      identity: {
        role: "owner",
        token: job.ownerToken,
        holderId: crypto.randomUUID(),
        name: "Your tab",
        device: "browser",
        engines: enginesOf(laneFor(this.#options, this.#fastRefusal)),
      },
      source: this.#source,
      plan: this.#plan,
      pool: this.#pool,
      // The browser's codecs are done with a task in the time of a few round trips.
      prefetch: this.#usesWebCodecs() ? 2 : 1,
      slots: this.#pool === null ? 0 : slotCountFor(this.#options),
      onChange: () => this.#changed(),
    });
  }

  /** Takes over what session and pool have to say; ends the work when the job has ended. */
  #changed(): void {
    const session = this.#session;
    if (session === null) return;
    const { job } = session;
    if (job !== null) this.#meter.update(job, performance.now());
    this.#measure(session);
    const elapsedMs = performance.now() - this.#startedAtMs;
    const slotMs = elapsedMs * (this.#pool?.slots().length ?? 0);
    const busyMs = this.#pool?.busyMs(performance.now()) ?? 0;
    this.#feed.set({
      job,
      connected: session.connected,
      slots: this.#describeSlots(session),
      busyShare: slotMs === 0 ? 0 : Math.min(1, busyMs / slotMs),
      bytesUploaded: session.bytesUploaded,
      speed: this.#meter.speed,
      etaSeconds: this.#meter.etaSeconds,
      warnings: job?.warnings ?? [],
    });
    if (session.refused !== null) {
      this.#release();
      this.#feed.set({ phase: "failed", error: toWireError(session.refused) });
    } else if (job?.state === "ready" || job?.state === "cancelled") {
      this.#release();
      this.#feed.set({ phase: job.state, connected: false, slots: [], etaSeconds: null });
    } else if (job?.state === "failed") {
      this.#release();
      const error = job.error ?? { code: "TASK_FAILED" as const, message: "The job failed." };
      this.#feed.set({
        phase: "failed",
        connected: false,
        slots: [],
        error: { ...error, retryable: false },
      });
    }
  }

  /** The first second of the video that this tab makes says what it can do. */
  #measure(session: HolderSession): void {
    const plan = this.#plan;
    if (plan === null || this.#speedGauge.speed !== null) return;
    this.#speedGauge.update(session.leases(), plan, performance.now());
    if (this.#speedGauge.speed !== null && this.#feed.state.phase === "running") {
      this.#takePart(this.#decidePart());
    }
  }

  #describeSlots(session: HolderSession): SlotState[] {
    const encoding: SlotState[] = (this.#pool?.slots() ?? []).map((slot) => ({
      state: slot.taskId === null ? "idle" : "encoding",
      ...slot,
    }));
    // A free slot shows what is on its way to it or from it.
    const others = session.leases().filter(({ stage }) => stage !== "encoding");
    return encoding.map((slot) => {
      const lease = slot.state === "idle" ? others.shift() : undefined;
      if (lease === undefined) return slot;
      const state = lease.stage === "uploading" ? "uploading" : "fetching";
      return { state, taskId: lease.taskId, progress: lease.progress, engine: null };
    });
  }

  /** Stops all work for the present file and job at once. */
  #release(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#session?.stop();
    this.#session = null;
    this.#pool?.terminate();
    this.#pool = null;
    this.#source?.close();
    this.#source = null;
  }
}

exposeToLink(new Holder());
