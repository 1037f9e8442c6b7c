import { hasEnded } from "../../shared/job/job.ts";
import type { JobSession } from "../../shared/pool/member-sessions.ts";
import type { JobHelp } from "../../shared/pool/pool-member.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { EnginePreference } from "../encoder/api.ts";
import { enginesOf, fastSlots } from "../encoder/capability.ts";
import type { Pool, TaskPool } from "../encoder/pool.ts";
import { HolderSession } from "../holder/session.ts";

export interface PoolJobOptions {
  client: EdgeClient;
  help: JobHelp;
  slots: number;
  /** The device's encoders, which several jobs share. */
  encoders: Pool;
  preference: EnginePreference;
  who: { name: string; device: string };
  onScriptGone(error: Error): void;
}

/** A pool member's work on one job. */
export class PoolJob implements JobSession {
  readonly jobId: string;
  readonly title: string;
  readonly #session: HolderSession;
  readonly #help: JobHelp;
  #slots: number;
  /** Most tasks at a time for which frames have room in memory; known with the first task. */
  #most = Number.POSITIVE_INFINITY;
  #isDraining = false;
  #isOver = false;

  constructor({ client, help, slots, encoders, preference, who, onScriptGone }: PoolJobOptions) {
    this.jobId = help.jobId;
    this.title = help.title;
    this.#help = help;
    this.#slots = slots;
    this.#session = new HolderSession({
      client,
      jobId: help.jobId,
      token: () => help.pass(),
      identity: { role: "contributor", holderId: "member", ...who, engines: enginesOf(preference) },
      source: null,
      plan: null,
      pool: this.#within(encoders, preference),
      slots,
      prefetch: 1,
      onChange: () => this.#changed(),
      onScriptGone,
    });
  }

  get held(): number {
    return this.#session.leases().length;
  }

  /** Share of the job that is done, 0..1. */
  get progress(): number {
    return this.#session.job?.progress ?? 0;
  }

  get tasksDone(): number {
    return this.#session.tasksDone;
  }

  get bytesDownloaded(): number {
    return this.#session.bytesDownloaded;
  }

  get bytesUploaded(): number {
    return this.#session.bytesUploaded;
  }

  setSlots(slots: number): void {
    this.#isDraining = false;
    this.#slots = slots;
    this.#session.setSlots(Math.min(slots, this.#most));
  }

  drain(): void {
    this.#isDraining = true;
    this.#session.drain();
  }

  stop(): void {
    this.#isOver = true;
    this.#session.stop();
  }

  /** The encoders, with a limit of tasks at a time: the first grant's frame size says how many have room in memory. */
  #within(encoders: Pool, preference: EnginePreference): TaskPool {
    return {
      compare: (request, onProgress, signal) => encoders.compare(request, onProgress, signal),
      transcode: (request, onProgress, signal) => {
        if (preference !== "ffmpeg" && !Number.isFinite(this.#most)) {
          this.#most = fastSlots(request.grant.source.video);
          if (!this.#isDraining) this.#session.setSlots(Math.min(this.#slots, this.#most));
        }
        return encoders.transcode(request, onProgress, signal);
      },
    };
  }

  #changed(): void {
    if (this.#isOver) return;
    const { refused, job } = this.#session;
    if (refused === null && (job === null || !hasEnded(job.state))) {
      this.#help.onChange();
      return;
    }
    this.#isOver = true;
    // Later, because the session is in the middle of its own call.
    setTimeout(() => this.#help.onEnd(refused?.code ?? null), 0);
  }
}
