import pLimit from "p-limit";
import type { Clock } from "../clock.ts";
import { type ErrorCode, TributaryError } from "../job/errors.ts";
import type { JobPlan, JobSettingsPatch } from "../job/job.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import { applyJobDelta, type JobView } from "../wire/job-view.ts";
import type { LeaseGrant, OutputToCompare } from "../wire/lease.ts";
import { PROTOCOL_VERSION } from "../wire/protocol.ts";
import { ChunkStager, type HolderSource } from "./chunk-stager.ts";
import { digestsOf } from "./digests.ts";
import { JobSocket, type WireSocket } from "./job-socket.ts";
import { LeaseLoop } from "./lease-loop.ts";
import type { LeaseEnd, LiveLease } from "./lease-run.ts";
import type { Chunk, HolderEncoder } from "./lease-work.ts";
import { type HttpFetch, StorageTransfer } from "./storage-transfer.ts";

type Hello = Extract<HolderMessage, { type: "hello" }>;

/** After these the coordinator has nothing more to say to this holder. */
export const FINAL_REFUSALS = [
  "UNAUTHORIZED",
  "FORBIDDEN",
  "JOB_NOT_FOUND",
  "LINK_EXPIRED",
  "LINK_FULL",
  "SENT_AWAY",
  "PROTOCOL_OUTDATED",
  "PROTOCOL_UNKNOWN",
] as const satisfies readonly ErrorCode[];

/** Outputs that are uploaded at a time, over all leases: what was offered first is in storage first. */
const PARALLEL_PUTS = 4;

export interface LeaseHolderOptions {
  /** The holder's description in its hello. */
  identity: Pick<Hello, "role" | "holderId" | "name" | "device" | "engines">;
  /** Parallel encodes. */
  slots: number;
  /** Leases taken beyond the slots, so that their chunks are there when a slot falls free. */
  prefetch: number;
  /** The source and the job's plan, where they are here: chunks are cut from it, for others too. */
  source: (HolderSource & { plan: JobPlan }) | null;
  encoder: HolderEncoder;
  /** Gets what opens a socket to the job's coordinator; asked again for each reconnect. */
  ticket(signal: AbortSignal): Promise<string>;
  connect(ticket: string): WireSocket;
  /** The way for those to whom no WebSocket comes through; none: only WebSockets. */
  connectHttp?(ticket: string): WireSocket;
  /** To and from storage. */
  fetch: HttpFetch;
  clock: Clock;
  /** Something that the holder shows has changed. Never called before the constructor returns. */
  onChange?(): void;
  /** A lease ended here, for whatever reason. */
  onEnd?(grant: LeaseGrant, end: LeaseEnd): void;
}

/**
 * A lease holder at work on one job: the socket that comes back, the loop of leases, the stager of
 * chunks, and what the coordinator last said. The owner's tab, a contributor's tab and a container are
 * this, with a transport, an encoder and a clock of their own.
 */
export class LeaseHolder {
  readonly #options: LeaseHolderOptions;
  readonly #socket: JobSocket;
  readonly #storage: StorageTransfer;
  readonly #loop: LeaseLoop;
  readonly #stager: ChunkStager | null;
  readonly #inTurn = pLimit(PARALLEL_PUTS);
  /** Slots when it works: a pause is no fewer. */
  #capacity: number;
  /** Settings changed since the job's creation. */
  #settings: JobSettingsPatch | null = null;
  #job: JobView | null = null;
  #connected = false;
  #refused: TributaryError | null = null;
  #tasksDone = 0;
  #stopped = false;

  constructor(options: LeaseHolderOptions) {
    this.#options = options;
    this.#capacity = options.slots;
    const { slots, prefetch, clock, encoder, source, fetch } = options;
    const send = (message: HolderMessage): boolean => this.#socket.send(message);
    const onChange = (): void => this.#changed();
    this.#storage = new StorageTransfer({ fetch, clock, onTransferred: onChange });
    const storage = this.#storage;
    this.#stager =
      source === null
        ? null
        : new ChunkStager({ source, plan: source.plan, clock, storage, send, onChange });
    this.#loop = new LeaseLoop({
      slots,
      prefetch,
      clock,
      send,
      onChange,
      onEnd: (grant, end) => {
        if (end.state === "accepted") this.#tasksDone += 1;
        options.onEnd?.(grant, end);
      },
      work: {
        encoder,
        fetchChunk: (grant, signal) => this.#fetchChunk(grant, signal),
        fetchOutputs: ({ compare = [] }, signal) =>
          Promise.all(compare.map((output) => this.#fetchOutput(output, signal))),
        put: (put, bytes, signal) =>
          this.#inTurn(() => {
            signal.throwIfAborted();
            return storage.put(put, bytes, signal);
          }),
      },
    });
    this.#socket = new JobSocket({
      ticket: options.ticket,
      connect: options.connect,
      connectHttp: options.connectHttp,
      clock,
      events: {
        onOpen: () => this.#hello(),
        onMessage: (message) => this.#receive(message),
        onLost: () => {
          this.#connected = false;
          this.#loop.disconnected();
          onChange();
        },
      },
    });
  }

  /** As the coordinator last told it; null before the first welcome. */
  get job(): JobView | null {
    return this.#job;
  }

  /** Welcomed, and the connection holds. */
  get connected(): boolean {
    return this.#connected;
  }

  /** The connection goes over HTTP requests, since no WebSocket comes through. */
  get overHttp(): boolean {
    return this.#connected && this.#socket.overHttp;
  }

  /** The coordinator refused this holder, which has stopped; nothing more will come. */
  get refused(): TributaryError | null {
    return this.#refused;
  }

  /** Leases whose result was accepted. */
  get tasksDone(): number {
    return this.#tasksDone;
  }

  get bytesUploaded(): number {
    return this.#storage.bytesUploaded;
  }

  get bytesDownloaded(): number {
    return this.#storage.bytesDownloaded;
  }

  /** A lease is held, or a chunk is on its way to storage. */
  get isBusy(): boolean {
    return this.leases().length > 0 || this.#stager?.isBusy === true;
  }

  leases(): LiveLease[] {
    return this.#loop.leases();
  }

  /** How many tasks at once; 0 pauses: nothing new is taken, and what is begun is finished. */
  setSlots(slots: number): void {
    if (slots > 0) this.#capacity = slots;
    this.#loop.setSlots(slots);
  }

  /** Takes nothing new, gives back what no slot has begun, and finishes the rest. */
  drain(): void {
    this.setSlots(0);
    this.#loop.giveBack();
  }

  /** Owner: changes what was decided for the job; said again after each reconnect, so never lost. */
  changeSettings(settings: JobSettingsPatch): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#socket.send({ type: "settings", settings });
  }

  /** Stops all work here at once and closes the socket. `onChange` is not called any more. */
  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  #release(): void {
    this.#loop.stop();
    this.#stager?.stop();
    this.#socket.close();
    this.#connected = false;
  }

  #hello(): Hello {
    return {
      type: "hello",
      protocolVersion: PROTOCOL_VERSION,
      ...this.#options.identity,
      slots: this.#capacity,
      leases: this.#loop.leaseIds(),
      hasSource: this.#options.source !== null,
      want: this.#loop.wanted(),
    };
  }

  #receive(message: CoordinatorMessage): void {
    switch (message.type) {
      case "welcome":
        this.#connected = true;
        this.#job = message.job;
        if (this.#settings !== null) {
          this.#socket.send({ type: "settings", settings: this.#settings });
        }
        this.#stager?.reconnected();
        break;
      case "job":
        if (this.#job !== null) this.#job = applyJobDelta(this.#job, message.job);
        break;
      case "stage":
      case "stage-upload":
        this.#stager?.receive(message);
        break;
      case "error":
        if (isFinal(message.code)) {
          this.#refused = new TributaryError(message.code, message.message);
          this.#release();
        }
        break;
      case "grant":
      case "uploads":
      case "accepted":
      case "rejected":
      case "revoke":
        // For the loop alone.
        break;
      default:
        message satisfies never;
    }
    this.#loop.receive(message);
    this.#changed();
  }

  #changed(): void {
    if (!this.#stopped) this.#options.onChange?.();
  }

  /** Fetches an output for comparison. Its hash must be that of the accepted one. */
  async #fetchOutput(
    { url, sizeBytes, sha256 }: OutputToCompare,
    signal: AbortSignal,
  ): Promise<ArrayBuffer> {
    const bytes = await this.#storage.get(url, sizeBytes, signal);
    if ((await digestsOf(new Uint8Array(bytes))).sha256 === sha256) return bytes;
    throw new TributaryError("DOWNLOAD_FAILED", "Storage holds other bytes than were accepted.");
  }

  async #fetchChunk(grant: LeaseGrant, signal: AbortSignal): Promise<Chunk> {
    const { chunk } = grant;
    if (chunk.from === "url") {
      const { url, info } = chunk;
      return { info, bytes: await this.#storage.get(url, info.sizeBytes, signal) };
    }
    if (this.#options.source === null) {
      throw new TributaryError("CHUNK_UNREADABLE", "The source file is not open here.");
    }
    return this.#options.source.cutChunk(grant, signal);
  }
}

function isFinal(code: ErrorCode): boolean {
  return FINAL_REFUSALS.some((final) => final === code);
}
