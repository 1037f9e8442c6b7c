import { TributaryError } from "../shared/errors.ts";
import { type LeaseEnd, LeaseLoop, type LiveLease } from "../shared/lease-loop.ts";
import {
  applyJobDelta,
  type CoordinatorMessage,
  type HolderMessage,
  type JobView,
  type LeaseGrant,
  type Put,
} from "../shared/protocol.ts";
import type { EdgeClient } from "./edge-client.ts";
import { JobSocket } from "./edge-client.ts";
import type { Source } from "./ingest/source.ts";
import type { Pool } from "./pool/pool.ts";

/** Slowest upload that is waited for, besides a flat half minute. */
const SLOWEST_BYTES_A_MS = 8;

export interface SessionOptions {
  client: EdgeClient;
  jobId: string;
  ownerToken: string;
  holderId: string;
  /** The opened file; null only watches. */
  source: Source | null;
  pool: Pool | null;
  slots: number;
  onChange(): void;
}

/** This tab at work on one job: the socket, the lease loop and what the coordinator last said. */
export class HolderSession {
  readonly #options: SessionOptions;
  readonly #socket: JobSocket;
  readonly #loop: LeaseLoop;
  job: JobView | null = null;
  connected = false;
  bytesUploaded = 0;
  /** The coordinator refused this holder; nothing more will come. */
  refused: TributaryError | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#loop = new LeaseLoop({
      slots: options.source === null ? 0 : options.slots,
      prefetch: 1,
      clock: {
        nowMs: () => Date.now(),
        after: (ms, callback) => {
          const timer = setTimeout(callback, ms);
          return () => clearTimeout(timer);
        },
        random: Math.random,
      },
      send: (message) => this.#socket.send(message),
      onChange: options.onChange,
      onStored: (sizeBytes) => {
        this.bytesUploaded += sizeBytes;
        options.onChange();
      },
      onEnd: logEnd,
      work: {
        fetchChunk: (grant, signal) => this.#fetchChunk(grant, signal),
        transcode: async (grant, chunk, onProgress, signal) => {
          if (options.pool === null) throw new TributaryError("ENGINE_UNAVAILABLE", "No encoder.");
          const { info, bytes } = chunk;
          return options.pool.transcode({ grant, info, chunk: bytes }, onProgress, signal);
        },
        put: putOnce,
      },
    });
    this.#socket = new JobSocket(options.client.socketUrl(options.jobId), {
      onOpen: () => this.#hello(),
      onMessage: (message) => this.#receive(message),
      onLost: () => {
        this.connected = false;
        this.#loop.disconnected();
        options.onChange();
      },
    });
  }

  leases(): LiveLease[] {
    return this.#loop.leases();
  }

  /** Stops all work here at once and closes the socket. */
  stop(): void {
    this.#loop.stop();
    this.#socket.close();
    this.connected = false;
  }

  #hello(): HolderMessage {
    const { ownerToken, holderId, slots, source } = this.#options;
    return {
      type: "hello",
      role: "owner",
      token: ownerToken,
      holderId,
      name: "Your tab",
      device: "browser",
      slots: source === null ? 0 : slots,
      engines: ["ffmpeg-wasm"],
      leases: this.#loop.leaseIds(),
      hasSource: source !== null,
    };
  }

  #receive(message: CoordinatorMessage): void {
    switch (message.type) {
      case "welcome":
        this.connected = true;
        this.job = message.job;
        break;
      case "job":
        if (this.job !== null) this.job = applyJobDelta(this.job, message.job);
        break;
      case "error":
        if (["UNAUTHORIZED", "FORBIDDEN", "JOB_NOT_FOUND"].includes(message.code)) {
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

  #fetchChunk(grant: LeaseGrant, signal: AbortSignal) {
    if (this.#options.source === null) {
      throw new TributaryError("CHUNK_UNREADABLE", "The source file is not open here.");
    }
    return this.#options.source.cutChunk(grant, signal);
  }
}

async function putOnce(put: Put, bytes: ArrayBuffer, signal: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(30_000 + bytes.byteLength / SLOWEST_BYTES_A_MS);
  let response: Response;
  try {
    response = await fetch(put.url, {
      method: "PUT",
      headers: put.headers,
      body: bytes,
      signal: AbortSignal.any([signal, timeout]),
    });
    // Read to the end, so that the connection is free again.
    await response.arrayBuffer();
  } catch (cause) {
    signal.throwIfAborted();
    throw new TributaryError("NETWORK", "Storage could not be reached.", { cause });
  }
  // 412: `if-none-match: *` on a content-addressed key, so the same bytes are there already.
  if (response.ok || response.status === 412) return;
  // A large body with a stale signature can come back as 500 instead of 403.
  const code =
    response.status === 403 || response.status >= 500 ? "UPLOAD_REFUSED" : "UPLOAD_FAILED";
  throw new TributaryError(code, `Storage answered with status ${response.status}.`);
}

function logEnd(grant: LeaseGrant, end: LeaseEnd): void {
  if (end.state === "accepted") return;
  console.warn(
    `task ${grant.task.id}, attempt ${grant.attempt}: ${end.state}, ${end.code}: ${end.message}`,
  );
}
