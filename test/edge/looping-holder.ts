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

export interface Habits {
  identity: Omit<LeaseHolderOptions["identity"], "holderId" | "name" | "device">;
  token: string;
  encodeMs: number;
  /** It leaves in the middle of its first encode. */
  vanishes?: boolean;
  hasSource?: boolean;
  /** Its address, as the edge sees it. */
  address?: string;
  /** Its socket goes over HTTP requests, such as this makes of those to the edge. */
  overHttp?(calls: HttpSocketCalls): HttpSocketCalls;
  /** At the beginning of each step, before anything of it is heard. */
  onStep?(step: Step, holder: LoopingHolder): void;
  /** Its leases have changed, or what it knows of its job. */
  onChange?(holder: LoopingHolder): void;
}

/** The real lease holder with real uploads, around an encoder whose result is there. */
export class LoopingHolder {
  /** Messages. */
  sent = 0;
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
      // The owner's file is not there; what it would cut from it is for nobody to see.
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

  /** Leases whose result was accepted, also those that only proved another one. */
  get accepted(): number {
    return this.#holder.tasksDone;
  }

  /** The job is ready, or wants it no more. */
  get isOver(): boolean {
    const { job, refused } = this.#holder;
    return job?.state === "ready" || refused !== null;
  }

  get refused(): ErrorCode | null {
    return this.#holder.refused?.code ?? null;
  }

  /** Leases that are not over. */
  get held(): number {
    return this.#holder.leases().length;
  }

  setSlots(slots: number): void {
    this.#holder.setSlots(slots);
  }

  drain(): void {
    this.#holder.drain();
  }

  /** Breaks the connection; the holder comes back by itself. */
  cut(): void {
    this.#socket?.break();
  }

  /** Goes for good, with all that it has not delivered. */
  leave(): void {
    this.#holder.stop();
    this.#end();
  }

  /** When the job is over, or this holder left it. */
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
