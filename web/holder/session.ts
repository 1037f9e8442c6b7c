import { REAL_CLOCK } from "../../shared/clock.ts";
import { ChunkStager } from "../../shared/holder/chunk-stager.ts";
import { JobSocket } from "../../shared/holder/job-socket.ts";
import { type LeaseEnd, LeaseLoop } from "../../shared/holder/lease-loop.ts";
import type { LiveLease } from "../../shared/holder/live-lease.ts";
import {
  getPresigned,
  type HttpFetch,
  putPresigned,
} from "../../shared/holder/storage-transfer.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { type ErrorCode, TributaryError } from "../../shared/job/errors.ts";
import type { Engine, JobPlan, JobSettingsPatch } from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { applyJobDelta, type JobView } from "../../shared/wire/job-view.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { Pool } from "../encoder/pool.ts";

/** After these the coordinator has nothing more to say to this holder. */
const FINAL_REFUSALS: readonly ErrorCode[] = [
  "UNAUTHORIZED",
  "FORBIDDEN",
  "JOB_NOT_FOUND",
  "LINK_EXPIRED",
  "LINK_FULL",
  "SENT_AWAY",
  "PROTOCOL_OUTDATED",
  "PROTOCOL_UNKNOWN",
];

export interface SessionOptions {
  client: EdgeClient;
  jobId: string;
  role: "owner" | "contributor";
  /** The owner's, or of a contributor link. */
  token: string;
  holderId: string;
  /** As the owner sees this holder. */
  name: string;
  device: string;
  /** The opened file; null only watches. */
  source: Source | null;
  /** Of the job; chunks for others are cut by it. Null without a source. */
  plan: JobPlan | null;
  pool: Pool | null;
  engines: Engine[];
  /** Leases taken beyond the slots. */
  prefetch: number;
  slots: number;
  onChange(): void;
}

/** This tab at work on one job: the socket, the lease loop and what the coordinator last said. */
export class HolderSession {
  readonly #options: SessionOptions;
  readonly #socket: JobSocket;
  readonly #loop: LeaseLoop;
  readonly #stager: ChunkStager | null;
  #pool: Pool | null;
  /** What was changed since the job's creation. */
  #settings: JobSettingsPatch | null = null;
  job: JobView | null = null;
  connected = false;
  bytesUploaded = 0;
  bytesDownloaded = 0;
  /** Results that were accepted. */
  tasksDone = 0;
  /** The coordinator refused this holder; nothing more will come. */
  refused: TributaryError | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pool = options.pool;
    const send = (message: HolderMessage): boolean => this.#socket.send(message);
    const fetchHere: HttpFetch = (url, init) => fetch(url, init);
    const onStored = (sizeBytes: number): void => {
      this.bytesUploaded += sizeBytes;
      options.onChange();
    };
    const { source, plan } = options;
    this.#stager =
      source === null || plan === null
        ? null
        : new ChunkStager({ source, plan, clock: REAL_CLOCK, fetch: fetchHere, send, onStored });
    this.#loop = new LeaseLoop({
      slots: slotsOf(options),
      prefetch: options.prefetch,
      clock: REAL_CLOCK,
      send,
      onChange: options.onChange,
      onStored,
      onEnd: (grant, end) => {
        if (end.state === "accepted") this.tasksDone += 1;
        logEnd(grant, end);
      },
      work: {
        fetchChunk: (grant, signal) => this.#fetchChunk(grant, signal),
        transcode: async (grant, chunk, onProgress, signal) => {
          const pool = this.#pool;
          if (pool === null) throw new TributaryError("ENGINE_UNAVAILABLE", "No encoder.");
          const { info, bytes } = chunk;
          return pool.transcode({ grant, info, chunk: bytes }, onProgress, signal);
        },
        pictures: {
          fetchOutputs: (grant, signal) => this.#fetchOutputs(grant, signal),
          compare: async (grant, { info, bytes }, outputs, onProgress, signal) => {
            const pool = this.#pool;
            if (pool === null) throw new TributaryError("ENGINE_UNAVAILABLE", "No encoder.");
            return pool.compare({ grant, info, chunk: bytes, outputs }, onProgress, signal);
          },
        },
        put: (put, bytes, signal) => putPresigned(fetchHere, put, bytes, signal),
      },
    });
    this.#socket = new JobSocket({
      connect: () => new WebSocket(options.client.socketUrl(options.jobId)),
      clock: REAL_CLOCK,
      events: {
        onOpen: () => this.#hello(),
        onMessage: (message) => this.#receive(message),
        onLost: () => {
          this.connected = false;
          this.#loop.disconnected();
          options.onChange();
        },
      },
    });
  }

  leases(): LiveLease[] {
    return this.#loop.leases();
  }

  /** Stops all work here at once and closes the socket. */
  stop(): void {
    this.#loop.stop();
    this.#stager?.stop();
    this.#socket.close();
    this.connected = false;
  }

  /** With no slots nothing new is taken; what was begun goes on. */
  usePool(pool: Pool | null, slots: number): void {
    this.#pool = pool;
    this.setSlots(slots);
  }

  /** How many tasks at once; 0 pauses, what is begun is finished. */
  setSlots(slots: number): void {
    this.#loop.setSlots(slots);
  }

  /** Changes what the owner decided for the job; said again after each reconnect, so never lost. */
  changeSettings(settings: JobSettingsPatch): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#socket.send({ type: "settings", settings });
  }

  #hello(): HolderMessage {
    const { role, token, holderId, name, device, source, engines } = this.#options;
    return {
      type: "hello",
      protocolVersion: PROTOCOL_VERSION,
      role,
      token,
      holderId,
      name,
      device,
      slots: slotsOf(this.#options),
      engines,
      leases: this.#loop.leaseIds(),
      hasSource: source !== null,
      want: this.#loop.wanted(),
    };
  }

  #receive(message: CoordinatorMessage): void {
    switch (message.type) {
      case "welcome":
        this.connected = true;
        this.job = message.job;
        if (this.#settings !== null) {
          this.#socket.send({ type: "settings", settings: this.#settings });
        }
        break;
      case "job":
        if (this.job !== null) this.job = applyJobDelta(this.job, message.job);
        break;
      case "stage":
      case "stage-upload":
        this.#stager?.receive(message);
        break;
      case "error":
        if (FINAL_REFUSALS.includes(message.code)) {
          this.refused = new TributaryError(message.code, message.message);
          this.stop();
        }
        break;
      default:
        break;
    }
    this.#loop.receive(message);
    this.#options.onChange();
  }

  #fetchOutputs(grant: LeaseGrant, signal: AbortSignal): Promise<ArrayBuffer[]> {
    const fetchHere: HttpFetch = (address, init) => fetch(address, init);
    return Promise.all(
      (grant.compare ?? []).map(async ({ url, sizeBytes }) => {
        const bytes = await getPresigned(fetchHere, url, { sizeBytes, signal });
        this.bytesDownloaded += bytes.byteLength;
        return bytes;
      }),
    );
  }

  async #fetchChunk(grant: LeaseGrant, signal: AbortSignal) {
    const { chunk } = grant;
    if (chunk.from === "url") {
      const { url, info } = chunk;
      const fetchHere: HttpFetch = (address, init) => fetch(address, init);
      const { sizeBytes } = info;
      const bytes = await getPresigned(fetchHere, url, { sizeBytes, signal });
      this.bytesDownloaded += bytes.byteLength;
      return { info, bytes };
    }
    if (this.#options.source === null) {
      throw new TributaryError("CHUNK_UNREADABLE", "The source file is not open here.");
    }
    return this.#options.source.cutChunk(grant, signal);
  }
}

/** Without the file an owner's tab has nothing to encode from; contributors get chunks. */
function slotsOf({ role, source, slots }: SessionOptions): number {
  return role === "owner" && source === null ? 0 : slots;
}

function logEnd(grant: LeaseGrant, end: LeaseEnd): void {
  if (end.state === "accepted") return;
  console.warn(
    `task ${grant.task.id}, attempt ${grant.attempt}: ${end.state}, ${end.code}: ${end.message}`,
  );
}
