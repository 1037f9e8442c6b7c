import * as Comlink from "comlink";
import { TributaryError, toWireError } from "../shared/errors.ts";
import { type JobPlan, type JobSettingsPatch, TICKS_PER_SECOND } from "../shared/job.ts";
import { webCodecsRefusal } from "../shared/lane.ts";
import type { ShareRequest, ShareResponse } from "../shared/protocol.ts";
import { EdgeClient } from "./edge-client.ts";
import type {
  HolderApi,
  HolderOptions,
  HolderState,
  Inspection,
  LadderRung,
  ResumableJob,
  SlotState,
} from "./holder-api.ts";
import { ProgressMeter, SpeedGauge } from "./holder-meter.ts";
import { HolderSession } from "./holder-session.ts";
import { openSource, type Source } from "./ingest/source.ts";
import {
  decidePart,
  decodes,
  defaultSlots,
  enginesOf,
  hasWebCodecs,
  type PartDecision,
} from "./pool/capability.ts";
import { loadFfmpegCore } from "./pool/ffmpeg-core.ts";
import { Pool } from "./pool/pool.ts";
import type { Lane } from "./worker/api.ts";

/**
 * The tab's holder: reads the picked file, makes the job, and works on it, all off the page's thread
 * (timers of pages are throttled in hidden tabs, those of workers are not). The page only shows
 * `HolderState`.
 */

/** Each makes the page draw anew, on cores that the encoders could use. */
const EMIT_EVERY_MS = 200;

const IDLE: HolderState = {
  phase: "idle",
  fileName: null,
  inspectProgress: null,
  inspection: null,
  job: null,
  jobId: null,
  watchUrl: null,
  masterUrl: null,
  connected: false,
  slots: [],
  busyShare: 0,
  bytesUploaded: 0,
  speed: null,
  etaSeconds: null,
  error: null,
  warnings: [],
};

class Holder implements HolderApi {
  readonly #client = new EdgeClient(self.location.origin);
  #state: HolderState = IDLE;
  #options: HolderOptions = {};
  #source: Source | null = null;
  #plan: JobPlan | null = null;
  #ladder: LadderRung[] = [];
  /** Null: the default one. */
  #askedLadder: LadderRung[] | null = null;
  #planSlots = 1;
  #fastRefusal: string | null = null;
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
  #subscriber: ((state: HolderState) => void) | null = null;
  #emitTimer: ReturnType<typeof setTimeout> | null = null;

  async subscribe(onState: (state: HolderState) => void): Promise<void> {
    this.#subscriber = onState;
    onState(this.#state);
  }

  async configure(options: HolderOptions): Promise<void> {
    this.#options = { ...this.#options, ...options };
    if (this.#state.phase !== "inspected") return;
    this.#pool?.terminate();
    this.#pool = null;
    this.#useLadder(this.#askedLadder);
    this.#preparePool();
  }

  async inspect(file: File): Promise<void> {
    await this.reset();
    const { signal } = this.#abort;
    this.#set({ ...IDLE, phase: "inspecting", fileName: file.name });
    try {
      // The engine loads while the file is read.
      loadFfmpegCore().catch(() => {});
      const source = await this.#open(file, signal);
      this.#source = source;
      this.#useLadder(null);
      this.#preparePool();
      this.#set({ phase: "inspected", inspectProgress: null, part: this.#decidePart() });
    } catch (thrown) {
      if (signal.aborted) return;
      this.#set({ phase: "failed", inspectProgress: null, error: toWireError(thrown) });
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
    if (source === null || plan === null || this.#state.phase !== "inspected") {
      throw toWireError(new TributaryError("REQUEST_INVALID", "There is no file to start with."));
    }
    const { signal } = this.#abort;
    this.#set({ phase: "starting", error: null });
    try {
      this.#requireEngine();
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
      this.#set({
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
      if (!signal.aborted) this.#set({ phase: "inspected", error });
      throw error;
    }
  }

  async resume(job: ResumableJob): Promise<void> {
    await this.reset();
    const { signal } = this.#abort;
    this.#resumable = job;
    const { origin } = self.location;
    this.#set({
      ...IDLE,
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
      this.#set({ phase: "failed", error: toWireError(thrown) });
    }
  }

  async provideFile(file: File): Promise<void> {
    const job = this.#resumable;
    if (job === null || this.#state.phase !== "needs-file") return;
    const { signal } = this.#abort;
    this.#set({ inspectProgress: 0, error: null });
    try {
      const source = await this.#open(file, signal);
      if (source.facts.fingerprint !== job.fingerprint) {
        source.close();
        throw new TributaryError("SOURCE_CHANGED", "This is not the file that the job began with.");
      }
      this.#source = source;
      this.#useLadder(job.ladder, job.planSlots ?? 1);
      this.#requireEngine();
      this.#preparePool();
      this.#session?.stop();
      this.#set({ phase: "running", inspectProgress: null, error: null });
      this.#connect(job);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#set({ phase: "needs-file", inspectProgress: null, error: toWireError(thrown) });
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
    this.#set({ phase: "cancelled", connected: false, slots: [] });
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
    this.#state = IDLE;
    this.#emit();
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
    const [source, site] = await Promise.all([
      openSource(file, {
        signal,
        loadFfmpeg: loadFfmpegCore,
        onProgress: (progress) => this.#set({ inspectProgress: progress }),
      }),
      // Without an answer this device does what it can.
      this.#client.site(signal).catch(() => null),
    ]);
    this.#hasServers = site?.servers === true;
    this.#fastRefusal = await this.#refuseFast(source, signal);
    return source;
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
    this.#set({ inspection: describe(plan, facts) });
  }

  #requireEngine(): void {
    const engine = this.#options.engine ?? "auto";
    const isThere =
      engine === "server" ? this.#hasServers : engine !== "webcodecs" || hasWebCodecs();
    if (isThere) return;
    throw new TributaryError("ENGINE_UNAVAILABLE", `The ${engine} engine is not available here.`);
  }

  #decidePart(): PartDecision {
    const { engine = "auto", slots } = this.#options;
    const measuredSpeed = this.#speedGauge.speed;
    const chosen = this.#chosen ?? (engine === "server" ? true : null);
    if (engine === "server" && chosen === true && this.#hasServers) {
      return { part: "weak", reason: "chosen", measuredSpeed };
    }
    // Who asks for an engine or for slots has decided.
    const isDecided = engine !== "auto" || slots !== undefined;
    if (chosen === false || (isDecided && chosen === null)) {
      const reason = this.#hasServers ? "chosen" : "no-servers";
      return { part: "alone", reason, measuredSpeed };
    }
    const device = this.#options.device ?? {
      cores: self.navigator.hardwareConcurrency,
      memoryGiB: null,
      mobile: false,
    };
    const left = (this.#plan?.source.durationTicks ?? 0) / TICKS_PER_SECOND;
    const decision = decidePart(device, {
      hasEngine: "WebAssembly" in self,
      hasServers: this.#hasServers,
      measuredSpeed,
      leftSeconds: left,
    });
    // Help that was asked for: a device that can work goes on working.
    const isAsked = chosen === true && decision.part === "alone" && this.#hasServers;
    return isAsked ? { part: "helped", reason: "chosen", measuredSpeed } : decision;
  }

  /** Acts on a decision that comes while the job runs. */
  #takePart(decision: PartDecision): void {
    const before = this.#state.part?.part;
    this.#set({ part: decision });
    const session = this.#session;
    if (session === null || before === decision.part) return;
    this.#pool ??= decision.part === "weak" ? null : this.#makePool();
    session.usePool(this.#pool, decision.part === "weak" ? 0 : this.#slotCount());
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
    const slots = this.#slotCount();
    const hasSound = (this.#plan?.audio.length ?? 0) > 0;
    const ffmpegAhead = this.#usesWebCodecs() ? Number(hasSound) : slots;
    return new Pool({ slots, lane: this.#lane(), ffmpegAhead }, () => this.#changed());
  }

  /** Why the browser's codecs would not do a source right, or at all; null when they would. */
  async #refuseFast(source: Source, signal: AbortSignal): Promise<string | null> {
    if (!hasWebCodecs()) return "This browser has no codecs of its own to use.";
    const refusal = webCodecsRefusal(source.facts.video);
    if (refusal !== null) return refusal;
    const { config, isIdr } = await source.decodeStart(signal);
    if (!isIdr) return "The browser's decoder does not take open groups of pictures.";
    return (await decodes(config)) ? null : "This browser does not decode this codec.";
  }

  #usesWebCodecs(): boolean {
    return this.#lane() !== "ffmpeg";
  }

  /** ffmpeg.wasm has one thread a slot; the browser's codecs use all cores for each task. */
  #slotsToPlanFor(): number {
    return this.#usesWebCodecs() ? 1 : this.#slotCount();
  }

  /** What cannot be fast all along is ffmpeg's from the start: renditions stay in one lane. */
  #lane(): Lane {
    if (this.#fastRefusal !== null) return "ffmpeg";
    const { engine = "auto" } = this.#options;
    return engine === "server" ? "auto" : engine;
  }

  #slotCount(): number {
    const memory = (self.navigator as { deviceMemory?: number }).deviceMemory;
    return this.#options.slots ?? defaultSlots(self.navigator.hardwareConcurrency, memory);
  }

  #connect(job: ResumableJob): void {
    this.#startedAtMs = performance.now();
    this.#session = new HolderSession({
      client: this.#client,
      jobId: job.jobId,
      role: "owner",
      token: job.ownerToken,
      name: "Your tab",
      device: "browser",
      holderId: crypto.randomUUID(),
      source: this.#source,
      plan: this.#plan,
      pool: this.#pool,
      engines: enginesOf(this.#lane()),
      // The browser's codecs are done with a task in the time of a few round trips.
      prefetch: this.#usesWebCodecs() ? 2 : 1,
      slots: this.#pool === null ? 0 : this.#slotCount(),
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
    this.#set({
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
      this.#set({ phase: "failed", error: toWireError(session.refused) });
    } else if (job?.state === "ready" || job?.state === "cancelled") {
      this.#release();
      this.#set({ phase: job.state, connected: false, slots: [], etaSeconds: null });
    } else if (job?.state === "failed") {
      this.#release();
      const error = job.error ?? { code: "TASK_FAILED" as const, message: "The job failed." };
      this.#set({
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
    if (this.#speedGauge.speed !== null && this.#state.phase === "running") {
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

  #set(change: Partial<HolderState>): void {
    const phaseChanged = change.phase !== undefined && change.phase !== this.#state.phase;
    this.#state = { ...this.#state, ...change };
    if (phaseChanged) this.#emit();
    else this.#emitTimer ??= setTimeout(() => this.#emit(), EMIT_EVERY_MS);
  }

  #emit(): void {
    if (this.#emitTimer !== null) clearTimeout(this.#emitTimer);
    this.#emitTimer = null;
    this.#subscriber?.(this.#state);
  }
}

function settingsFor({ part, reason }: PartDecision): JobSettingsPatch {
  if (part === "weak") return { servers: "always", stageAll: true };
  if (part === "helped") return { servers: "always", stageAll: false };
  // Who wants no servers gets none, also when the tab is closed.
  return { servers: reason === "chosen" ? "never" : "when-needed", stageAll: false };
}

function describe(
  plan: JobPlan,
  facts: Pick<Inspection, "ladder" | "remuxed" | "pictureEngine" | "fastRefusal">,
): Inspection {
  const bitsPerSecond = [...plan.video, ...plan.audio].reduce((sum, r) => sum + r.bitsPerSecond, 0);
  return {
    source: plan.source,
    ...facts,
    video: plan.video,
    audio: plan.audio,
    segmentCount: plan.segments.length,
    taskCount: plan.tasks.length,
    estimatedBytes: Math.round(
      (bitsPerSecond / 8) * (plan.source.durationTicks / TICKS_PER_SECOND),
    ),
  };
}

Comlink.expose(new Holder());
