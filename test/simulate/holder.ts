import { LeaseLoop } from "../../shared/holder/lease-loop.ts";
import type { LeaseWork, MadeTask } from "../../shared/holder/lease-work.ts";
import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { outputsOf } from "../schedule/offered.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What a holder is like. */
export interface Traits {
  id: string;
  role: "owner" | "contributor";
  /** Video made, in seconds a second of work. */
  speed: number;
  comesAtMs: number;
  /** Null: it stays. */
  leavesAtMs: number | null;
  /** By a closed tab, which the coordinator sees; or by a frozen one, which keeps its socket. */
  leaves: "closing" | "silently";
  /** Whether its n-th result, from 1, is a lie. */
  lies: (result: number) => boolean;
}

/** Network and browser, in milliseconds. */
export const MESSAGE_MS = 20;
export const FETCH_MS = 1_000;
export const UPLOAD_MS = 1_200;
/** As engines promise. */
const PROGRESS_EVERY_MS = 1_000;

/** What a hello says of them. */
export type HelloLeases = Pick<Extract<HolderMessage, { type: "hello" }>, "leases" | "want">;

export interface Wire {
  hello(holder: SimulatedHolder, connectionId: string, leases: HelloLeases): void;
  message(holder: SimulatedHolder, connectionId: string, message: HolderMessage): void;
  closed(connectionId: string): void;
  /** Video encoded for a lease, whatever becomes of it. */
  encoded(leaseId: string, mediaSeconds: number): void;
}

/** A tab: the real lease loop, around an encoder that only takes its time. */
export class SimulatedHolder {
  readonly traits: Traits;
  /** Messages both ways, after welcome; heartbeats apart. */
  messages = 0;
  heartbeats = 0;
  lies = 0;
  connectionId: string | null = null;
  readonly #clock: VirtualClock;
  readonly #plan: JobPlan;
  readonly #wire: Wire;
  readonly #loop: LeaseLoop;
  #results = 0;
  #isFrozen = false;
  #connections = 0;
  readonly #encoding = new Set<() => void>();

  constructor(traits: Traits, plan: JobPlan, clock: VirtualClock, wire: Wire) {
    this.traits = traits;
    this.#clock = clock;
    this.#plan = plan;
    this.#wire = wire;
    this.#loop = new LeaseLoop({
      slots: 1,
      prefetch: 1,
      work: this.#work(),
      clock,
      send: (message) => this.#send(message),
    });
    clock.after(traits.comesAtMs, () => this.#connect());
    if (traits.leavesAtMs !== null) clock.after(traits.leavesAtMs, () => this.#leave());
  }

  /** Of a message that was on its way. */
  receive(message: CoordinatorMessage): void {
    if (this.#isFrozen) return;
    if (message.type !== "welcome") this.messages += 1;
    this.#loop.receive(message);
  }

  /** The coordinator closed the socket for good. */
  sentAway(): void {
    this.connectionId = null;
    this.#stop();
  }

  #connect(): void {
    this.#connections += 1;
    this.connectionId = `${this.traits.id}-${this.#connections}`;
    const leases = this.#loop.leaseIds();
    this.#wire.hello(this, this.connectionId, { leases, want: this.#loop.wanted() });
  }

  #leave(): void {
    const { connectionId } = this;
    this.#stop();
    if (this.traits.leaves === "silently" || connectionId === null) return;
    this.connectionId = null;
    this.#wire.closed(connectionId);
  }

  #stop(): void {
    this.#isFrozen = true;
    this.#loop.stop();
    for (const stop of this.#encoding) stop();
  }

  #send(message: HolderMessage): boolean {
    if (this.connectionId === null || this.#isFrozen) return false;
    if (message.type === "renew") this.heartbeats += 1;
    else this.messages += 1;
    this.#wire.message(this, this.connectionId, message);
    return true;
  }

  #work(): LeaseWork {
    return {
      fetchChunk: async ({ chunk, task }, signal) => {
        if (chunk.from === "url") await this.#pause(FETCH_MS, signal);
        const info = {
          taskId: task.id,
          sizeBytes: 1,
          baseTicks: 0,
          trimStartTicks: 0,
          trimEndTicks: 1,
        };
        return { info, bytes: new ArrayBuffer(0) };
      },
      transcode: (grant, _chunk, onProgress, signal) => this.#transcode(grant, onProgress, signal),
      put: async (_put, _bytes, signal) => this.#pause(UPLOAD_MS, signal),
    };
  }

  async #transcode(
    grant: LeaseGrant,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<MadeTask> {
    const seconds = mediaSeconds(grant);
    const encodeMs = (seconds / this.traits.speed) * 1000;
    const beganAtMs = this.#clock.nowMs();
    let isRunning = true;
    const stop = (): void => {
      if (!isRunning) return;
      isRunning = false;
      this.#encoding.delete(stop);
      signal.removeEventListener("abort", stop);
      const spentMs = this.#clock.nowMs() - beganAtMs;
      this.#wire.encoded(grant.leaseId, (spentMs * this.traits.speed) / 1000);
    };
    this.#encoding.add(stop);
    signal.addEventListener("abort", stop);
    const tick = (): void => {
      if (!isRunning) return;
      onProgress((this.#clock.nowMs() - beganAtMs) / encodeMs);
      this.#clock.after(PROGRESS_EVERY_MS, tick);
    };
    this.#clock.after(PROGRESS_EVERY_MS, tick);
    await this.#pause(encodeMs, signal);
    stop();
    signal.throwIfAborted();
    return { engine: "ffmpeg-wasm", encodeMs, outputs: this.#outputs(grant), warnings: [] };
  }

  #outputs({ task }: LeaseGrant): MadeTask["outputs"] {
    this.#results += 1;
    const isLie = this.traits.lies(this.#results);
    if (isLie) this.lies += 1;
    const outputs = outputsOf(this.#plan, task.id, isLie ? `${this.traits.id} ` : "");
    return outputs.map((output) => ({ ...output, bytes: new ArrayBuffer(0) }));
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, resolve);
      signal.addEventListener(
        "abort",
        () => {
          cancel();
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }
}

function mediaSeconds({ segments }: LeaseGrant): number {
  let ticks = 0;
  for (const { durations } of segments) for (const [n, each] of durations) ticks += n * each;
  return ticks / TICKS_PER_SECOND;
}
