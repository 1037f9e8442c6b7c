import type { ArrivingMember } from "../../edge/coordinator/schedule/holders.ts";
import { LeaseHolder } from "../../shared/holder/lease-holder.ts";
import type { Chunk, MadeTask } from "../../shared/holder/lease-work.ts";
import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { LocalSocket } from "../holder/local-socket.ts";
import { outputsOf } from "../schedule/offered.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Properties of a simulated holder. */
export interface Traits {
  id: string;
  role: "owner" | "contributor";
  /** Seconds of video made per second of work, in each slot. */
  speed: number;
  slots: number;
  /** The link that it joins by. */
  link: string;
  network: string;
  comesAtMs: number;
  /** Null: it stays to the end. */
  leavesAtMs: number | null;
  /** How it leaves: by closing the tab, which the coordinator sees, or by freezing, which keeps the socket open. */
  leaves: "closing" | "silently";
  /** Whether its n-th result, counted from 1, is a lie. @param done share of the job that is done, 0..1 */
  lies: (result: number, done: number) => boolean;
  /** Content of its lies. Holders with the same text tell the same lies. */
  lie: string;
  /** For a pool's member: the contents of its pass. */
  member?: ArrivingMember;
  /** Takes what its machine does. */
  watch?: {
    /** An encode begins (1) or ends (-1). */
    encodes(by: 1 | -1): void;
    /** Of a chunk received, or of an output sent. */
    bytes(count: number): void;
  };
}

/** Delays of network and browser, in milliseconds. */
export const MESSAGE_MS = 20;
export const FETCH_MS = 1_000;
export const UPLOAD_MS = 1_200;
/** Size of every chunk; its content is never read. */
const CHUNK_BYTES = 1;
/** Bytes that a member counts: of a chunk of 6 s of 1080p, and of one rendition of it. */
const WATCHED_CHUNK = 6_000_000;
const WATCHED_OUTPUT = 1_000_000;
/** How often engines report progress. */
const PROGRESS_EVERY_MS = 1_000;

type Hello = Extract<HolderMessage, { type: "hello" }>;

/** The coordinator's side of all holders' sockets. */
export interface Wire {
  hello(holder: SimulatedHolder, connectionId: string, hello: Hello): void;
  message(holder: SimulatedHolder, connectionId: string, message: HolderMessage): void;
  closed(connectionId: string): void;
  /** Share of the job that is done, 0..1. */
  done(): number;
  /** Called with the seconds of video encoded for a lease, whatever its outcome. */
  encoded(leaseId: string, mediaSeconds: number): void;
}

let visits = 0;
/** A new number for each visit: a holder that comes back to a job does so in a new tab. */
function nextVisit(): number {
  visits += 1;
  return visits;
}

/** A tab with the real lease holder. Its encoder and network only take time. */
export class SimulatedHolder {
  readonly traits: Traits;
  /** Number of messages in both directions after the welcome, without heartbeats. */
  messages = 0;
  heartbeats = 0;
  lies = 0;
  connectionId: string | null = null;
  readonly #clock: VirtualClock;
  readonly #plan: JobPlan;
  readonly #wire: Wire;
  readonly #onChange: () => void;
  #holder: LeaseHolder | null = null;
  #socket: LocalSocket | null = null;
  #results = 0;
  readonly #visit = nextVisit();
  #connections = 0;
  #isFrozen = false;
  readonly #encoding = new Set<() => void>();

  constructor(
    traits: Traits,
    plan: JobPlan,
    clock: VirtualClock,
    wire: Wire,
    onChange: () => void = () => {},
  ) {
    this.traits = traits;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#plan = plan;
    this.#wire = wire;
    if (traits.comesAtMs === 0) this.#come();
    else clock.after(traits.comesAtMs, () => this.#come());
    if (traits.leavesAtMs !== null) clock.after(traits.leavesAtMs, () => this.#leave());
  }

  /** Delivers a message. */
  receive(message: CoordinatorMessage): void {
    if (this.#holder === null) return;
    if (message.type !== "welcome") this.messages += 1;
    this.#socket?.deliver(message);
  }

  /** Number of leases that have not ended. */
  get held(): number {
    return this.#holder?.leases().length ?? 0;
  }

  setSlots(slots: number): void {
    this.#holder?.setSlots(slots);
  }

  drain(): void {
    this.#holder?.drain();
  }

  /** Closes the socket, like a member that moves to another job. */
  stop(): void {
    this.#stop();
  }

  /** Called when the coordinator has closed the socket for good. */
  sentAway(): void {
    this.connectionId = null;
    this.#stop();
  }

  #come(): void {
    const { id: holderId, role, slots } = this.traits;
    this.#holder = new LeaseHolder({
      identity: {
        role,
        holderId,
        name: holderId,
        device: "",
        engines: ["ffmpeg-wasm"],
      },
      slots,
      prefetch: 1,
      source:
        role === "owner"
          ? { plan: this.#plan, cutChunk: async ({ task }) => chunkOf(task.id) }
          : null,
      encoder: {
        transcode: (grant, _chunk, onProgress, signal) =>
          this.#transcode(grant, onProgress, signal),
      },
      ticket: async () => "",
      connect: () => this.#connect(),
      fetch: async (_url, { method, signal }) => {
        await this.#pause(method === "GET" ? FETCH_MS : UPLOAD_MS, signal);
        this.traits.watch?.bytes(method === "GET" ? WATCHED_CHUNK : WATCHED_OUTPUT);
        return { status: 200, arrayBuffer: async () => new ArrayBuffer(CHUNK_BYTES) };
      },
      clock: this.#clock,
      onChange: () => this.#onChange(),
    });
  }

  #connect(): LocalSocket {
    this.#connections += 1;
    const connectionId = `${this.traits.id}-${this.#visit}-${this.#connections}`;
    this.connectionId = connectionId;
    const socket = new LocalSocket({
      onMessage: (message) => this.#send(connectionId, message),
      onPing: () => this.#clock.after(2 * MESSAGE_MS, () => socket.pong()),
      onClose: () => {
        if (this.#isFrozen || this.connectionId !== connectionId) return;
        this.connectionId = null;
        this.#wire.closed(connectionId);
      },
    });
    this.#socket = socket;
    queueMicrotask(() => socket.open());
    return socket;
  }

  #leave(): void {
    // A frozen tab keeps its socket, and messages that it has sent still arrive.
    this.#isFrozen = this.traits.leaves === "silently";
    this.#stop();
  }

  #stop(): void {
    this.#holder?.stop();
    this.#holder = null;
    for (const stop of this.#encoding) stop();
  }

  #send(connectionId: string, message: HolderMessage): void {
    if (message.type === "hello") {
      this.#wire.hello(this, connectionId, message);
      return;
    }
    if (message.type === "renew") this.heartbeats += 1;
    else this.messages += 1;
    this.#wire.message(this, connectionId, message);
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
      this.traits.watch?.encodes(-1);
      signal.removeEventListener("abort", stop);
      const spentMs = this.#clock.nowMs() - beganAtMs;
      this.#wire.encoded(grant.leaseId, (spentMs * this.traits.speed) / 1000);
    };
    this.#encoding.add(stop);
    this.traits.watch?.encodes(1);
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
    return { engine: "ffmpeg-wasm", encodeMs, outputs: this.#outputs(grant), notices: [] };
  }

  #outputs({ task }: LeaseGrant): MadeTask["outputs"] {
    this.#results += 1;
    const isLie = this.traits.lies(this.#results, this.#wire.done());
    if (isLie) this.lies += 1;
    const outputs = outputsOf(this.#plan, task.id, isLie ? this.traits.lie : "");
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

function chunkOf(taskId: string): Chunk {
  const info = { taskId, sizeBytes: CHUNK_BYTES, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
  return { info, bytes: new ArrayBuffer(CHUNK_BYTES) };
}

function mediaSeconds({ segments }: LeaseGrant): number {
  let ticks = 0;
  for (const { durations } of segments) for (const [n, each] of durations) ticks += n * each;
  return ticks / TICKS_PER_SECOND;
}
