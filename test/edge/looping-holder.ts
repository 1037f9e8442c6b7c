import { setTimeout as sleep } from "node:timers/promises";
import { REAL_CLOCK } from "../../shared/clock.ts";
import { LeaseLoop } from "../../shared/holder/lease-loop.ts";
import type { LeaseWork } from "../../shared/holder/lease-work.ts";
import type { Task } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { ChunkInfo } from "../../shared/wire/lease.ts";
import type { MadeOutput } from "./made-job.ts";
import { bytesOf, putBytes, ScriptedHolder } from "./scripted-holder.ts";

export interface Habits {
  encodeMs: number;
  /** In the middle of its first encode. */
  vanishes: boolean;
}

function infoOf(taskId: string): ChunkInfo {
  return { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
}

/** A lease holder that runs the real lease loop with real uploads, around an encoder whose result is there. */
export class LoopingHolder {
  /** Messages. */
  sent = 0;
  received = 0;
  /** Leases whose result was accepted, those among them that only proved another one. */
  readonly accepted = new Set<string>();
  readonly #socket: ScriptedHolder;
  readonly #loop: LeaseLoop;
  readonly #habits: Habits;
  readonly #outputs: (task: Task) => readonly MadeOutput[];
  #end = (): void => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(
    job: CreateJobResponse,
    outputs: (task: Task) => readonly MadeOutput[],
    habits: Habits,
  ) {
    this.#outputs = outputs;
    this.#habits = habits;
    this.#socket = new ScriptedHolder(job);
    this.#socket.onMessage = (message) => this.#receive(message);
    this.#loop = new LeaseLoop({
      slots: 1,
      prefetch: 1,
      work: this.#work(),
      clock: REAL_CLOCK,
      send: (message) => this.#send(message),
    });
  }

  async join(said: Parameters<ScriptedHolder["knock"]>[0]): Promise<void> {
    await this.#socket.knock(said);
  }

  /** When the job is over, or this holder left it. */
  async ended(): Promise<void> {
    await this.#ended;
    this.#loop.stop();
    this.#socket.close();
  }

  #send(message: HolderMessage): boolean {
    this.sent += 1;
    this.#socket.send(message);
    return true;
  }

  #receive(message: CoordinatorMessage): void {
    this.received += 1;
    if (message.type === "accepted") this.accepted.add(message.leaseId);
    this.#loop.receive(message);
    if (message.type === "job" && message.job.state === "ready") this.#end();
  }

  #work(): LeaseWork {
    return {
      fetchChunk: async ({ chunk, task }) => {
        // The owner's file is not there; what it would cut from it is for nobody to see.
        if (chunk.from === "local") return { info: infoOf(task.id), bytes: new ArrayBuffer(1) };
        const response = await fetch(chunk.url);
        if (!response.ok) throw new Error(`GET: ${response.status}`);
        return { info: chunk.info, bytes: await response.arrayBuffer() };
      },
      transcode: async ({ task }, _chunk, _onProgress, signal) => {
        const { encodeMs, vanishes } = this.#habits;
        await sleep(vanishes ? encodeMs / 2 : encodeMs, undefined, { signal });
        if (vanishes) this.#end();
        signal.throwIfAborted();
        const outputs = this.#outputs(task).map(({ base64, ...output }) => ({
          ...output,
          bytes: bytesOf({ ...output, base64 }).buffer,
        }));
        return { engine: "ffmpeg-wasm", encodeMs, outputs, warnings: [] };
      },
      put: async (put, bytes) => {
        const { status } = await putBytes(put, new Uint8Array(bytes));
        if (status !== 200 && status !== 412) throw new Error(`PUT: ${status}`);
      },
    };
  }
}
