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

/** Errors after which a holder stops: the coordinator will not work with it. */
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

/** Uploads at a time, over all leases. They are few, so that what was offered first is in storage first. */
const PARALLEL_PUTS = 4;

export interface LeaseHolderOptions {
  /** The holder's description in its hello. */
  identity: Pick<Hello, "role" | "holderId" | "name" | "device" | "engines">;
  /** Parallel encodes. */
  slots: number;
  /** Leases taken beyond the slots, so that their chunks are there when a slot falls free. */
  prefetch: number;
  /** The source and the job's plan; chunks are cut from it, for others too. Null: the source is not here. */
  source: (HolderSource & { plan: JobPlan }) | null;
  encoder: HolderEncoder;
  /** Gets a ticket for a socket to the job's coordinator. Called for each connection. */
  ticket(signal: AbortSignal): Promise<string>;
  connect(ticket: string): WireSocket;
  /** Opens a socket over HTTP requests, where WebSockets do not get through. Absent: only WebSockets are used. */
  connectHttp?(ticket: string): WireSocket;
  /** For transfers to and from storage. */
  fetch: HttpFetch;
  clock: Clock;
  /** A property of the holder has changed. Never called before the constructor returns. */
  onChange?(): void;
  /** A lease ended here, for whatever reason. */
  onEnd?(grant: LeaseGrant, end: LeaseEnd): void;
}

/**
 * A lease holder at work on one job: the socket that comes back, the loop of leases, the stager of
 * chunks, and the job's state as the coordinator last sent it. The owner's tab, a contributor's tab and a
 * container all use this class, each with its own transport, encoder and clock.
 */
export class LeaseHolder {
  readonly #options: LeaseHolderOptions;
  readonly #socket: JobSocket;
  readonly #storage: StorageTransfer;
  readonly #loop: LeaseLoop;
  readonly #stager: ChunkStager | null;
  readonly #inTurn = pLimit(PARALLEL_PUTS);
  /** Slots while the holder is not paused; a pause does not change this number. */
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

  /** The job as the coordinator last sent it; null before the first welcome. */
  get job(): JobView | null {
    return this.#job;
  }

  /** Welcomed, and the connection holds. */
  get connected(): boolean {
    return this.#connected;
  }

  /** The connection goes over HTTP requests, because WebSockets do not get through. */
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

  /** @param slots tasks at a time; 0 pauses: no new lease is taken, and those that are held are finished */
  setSlots(slots: number): void {
    if (slots > 0) this.#capacity = slots;
    this.#loop.setSlots(slots);
  }

  /** Takes no new lease, gives back those that no slot has begun, and finishes the rest. */
  drain(): void {
    this.setSlots(0);
    this.#loop.giveBack();
  }

  /** Changes the job's settings; for the owner only. Sent again after each reconnect, so never lost. */
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
