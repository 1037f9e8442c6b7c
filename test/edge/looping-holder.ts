import { setTimeout as sleep } from "node:timers/promises";
import { REAL_CLOCK } from "../../shared/clock.ts";
import { HttpSocket, type HttpSocketCalls } from "../../shared/holder/http-socket.ts";
import type { WireSocket } from "../../shared/holder/job-socket.ts";
import { LeaseHolder, type LeaseHolderOptions } from "../../shared/holder/lease-holder.ts";
import type { LeaseEnd } from "../../shared/holder/lease-run.ts";
import type { Chunk, MadeTask } from "../../shared/holder/lease-work.ts";
import type { ErrorCode } from "../../shared/job/errors.ts";
import type { Task } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { EdgeSocket } from "./edge-socket.ts";
import { EdgeRequests } from "./http-peer.ts";
import type { MadeOutput } from "./made-job.ts";
import { bytesOf, plan, ticketFor } from "./scripted-holder.ts";

/** Steps of a lease, in this order. */
export const STEPS = ["fetching", "encoding", "offering", "uploading", "committing"] as const;
export type Step = (typeof STEPS)[number];

/** How a looping holder behaves. */
export interface Habits {
  identity: Omit<LeaseHolderOptions["identity"], "holderId" | "name" | "device">;
  token: string;
  encodeMs: number;
  /** Leaves in the middle of its first encode. */
  vanishes?: boolean;
  hasSource?: boolean;
  /** The holder's address, as the edge sees it. */
  address?: string;
  /** Makes the holder use a socket over HTTP. Gets the calls to the edge, and returns the ones that the holder uses. */
  overHttp?(calls: HttpSocketCalls): HttpSocketCalls;
  /** Called at the start of each step, before the edge gets a message of it. */
  onStep?(step: Step, holder: LoopingHolder): void;
  /** Called when the holder's leases or its view of the job have changed. */
  onChange?(holder: LoopingHolder): void;
}

/** The real lease holder with real uploads. Its encoder returns results that were made before. */
export class LoopingHolder {
  /** Number of messages sent. */
  sent = 0;
  /** Number of messages received. */
  received = 0;
  readonly holderId = crypto.randomUUID();
  readonly ends: LeaseEnd[] = [];
  readonly #holder: LeaseHolder;
  readonly #jobId: string;
  readonly #habits: Habits;
  readonly #outputs: (task: Task) => readonly MadeOutput[];
  #socket: EdgeSocket | null = null;
  #end = (): void => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(
    { jobId }: CreateJobResponse,
    outputs: (task: Task) => readonly MadeOutput[],
    habits: Habits,
  ) {
    this.#jobId = jobId;
    this.#outputs = outputs;
    this.#habits = habits;
    const { holderId } = this;
    this.#holder = new LeaseHolder({
      identity: { ...habits.identity, holderId, name: "Test", device: "workerd" },
      slots: 1,
      prefetch: 1,
      // Takes the place of the owner's file. No one reads the chunks that it cuts.
      source: habits.hasSource ? { plan, cutChunk: async ({ task }) => chunkOf(task.id) } : null,
      encoder: { transcode: (grant, _chunk, _onProgress, signal) => this.#encode(grant, signal) },
      ticket: () => ticketFor(this.#jobId, habits.token),
      connect: (ticket) => this.#connect(ticket),
      fetch: (url, init) => {
        this.#step(init.method === "GET" ? "fetching" : "uploading");
        return fetch(url, init);
      },
      clock: REAL_CLOCK,
      onEnd: (_grant, end) => this.ends.push(end),
      onChange: () => {
        if (this.isOver) this.#end();
        habits.onChange?.(this);
      },
    });
  }

  /** Number of leases whose result was accepted, audits included. */
  get accepted(): number {
    return this.#holder.tasksDone;
  }

  /** Whether the job is ready, or has refused this holder. */
  get isOver(): boolean {
    const { job, refused } = this.#holder;
    return job?.state === "ready" || refused !== null;
  }

  get refused(): ErrorCode | null {
    return this.#holder.refused?.code ?? null;
  }

  /** Number of leases that have not ended. */
  get held(): number {
    return this.#holder.leases().length;
  }

  setSlots(slots: number): void {
    this.#holder.setSlots(slots);
  }

  drain(): void {
    this.#holder.drain();
  }

  /** Breaks the connection. The holder reconnects by itself. */
  cut(): void {
    this.#socket?.break();
  }

  /** Leaves for good, without delivering its leases. */
  leave(): void {
    this.#holder.stop();
    this.#end();
  }

  /** Resolves when the job is over or this holder has left it. */
  async ended(): Promise<void> {
    await this.#ended;
    this.#holder.stop();
  }

  #step(step: Step): void {
    this.#habits.onStep?.(step, this);
  }

  #connect(ticket: string): WireSocket {
    const { overHttp } = this.#habits;
    if (overHttp === undefined) return this.#connectWebSocket(ticket);
    const calls = overHttp(new EdgeRequests(this.#jobId).calls());
    return new HttpSocket(ticket, { calls, clock: REAL_CLOCK });
  }

  #connectWebSocket(ticket: string): EdgeSocket {
    const to = { jobId: this.#jobId, ticket, address: this.#habits.address };
    const socket = new CountedSocket(to, {
      onSend: (text) => {
        this.sent += 1;
        if (text.startsWith('{"type":"offer"')) this.#step("offering");
        if (text.startsWith('{"type":"commit"')) this.#step("committing");
      },
    });
    socket.addEventListener("message", () => {
      this.received += 1;
    });
    this.#socket = socket;
    return socket;
  }

  async #encode({ task }: LeaseGrant, signal: AbortSignal): Promise<MadeTask> {
    this.#step("encoding");
    const { encodeMs, vanishes } = this.#habits;
    await sleep(vanishes ? encodeMs / 2 : encodeMs, undefined, { signal });
    if (vanishes) this.#end();
    signal.throwIfAborted();
    const outputs = this.#outputs(task).map(({ base64, ...output }) => ({
      ...output,
      bytes: bytesOf({ ...output, base64 }).buffer,
    }));
    return { engine: "ffmpeg-wasm", encodeMs, outputs, notices: [] };
  }
}

class CountedSocket extends EdgeSocket {
  readonly #onSend: (text: string) => void;

  constructor(
    { jobId, ticket, address }: { jobId: string; ticket: string; address: string | undefined },
    { onSend }: { onSend(text: string): void },
  ) {
    super(jobId, ticket, address);
    this.#onSend = onSend;
  }

  override send(text: string): void {
    if (text !== "ping") this.#onSend(text);
    super.send(text);
  }
}

function chunkOf(taskId: string): Chunk {
  const info = { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
  return { info, bytes: new ArrayBuffer(1) };
}
