import { REAL_CLOCK } from "../../shared/clock.ts";
import { HttpSocket } from "../../shared/holder/http-socket.ts";
import { LeaseHolder, type LeaseHolderOptions } from "../../shared/holder/lease-holder.ts";
import type { LeaseEnd } from "../../shared/holder/lease-run.ts";
import type { Chunk, HolderEncoder, OnProgress } from "../../shared/holder/lease-work.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { JobPlan } from "../../shared/job/job.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { EdgeClient } from "../edge-client.ts";
import type { TaskPool } from "../encoder/pool.ts";

export interface SessionOptions
  extends Pick<LeaseHolderOptions, "identity" | "slots" | "prefetch"> {
  client: EdgeClient;
  jobId: string;
  /** The owner's token, or that of a contributor link, or a function that returns the pool's current pass. */
  token: string | (() => string);
  /** The opened file; null for a contributor, and for an owner's tab that only watches. */
  source: Pick<Source, "cutChunk"> | null;
  /** The job's plan, by which chunks for others are cut. Null without a source. */
  plan: JobPlan | null;
  /** Encoders of this tab; null: it takes no tasks. */
  pool: TaskPool | null;
  onChange(): void;
  /** The encoders' scripts cannot be loaded. Stopping the session inside this call costs its tasks no attempt. */
  onScriptGone(error: TributaryError): void;
}

/** This tab as a lease holder of one job. */
export class HolderSession extends LeaseHolder {
  readonly #encoder: PoolEncoder;

  constructor({
    client,
    jobId,
    token,
    source,
    plan,
    pool,
    onScriptGone,
    ...options
  }: SessionOptions) {
    const encoder = new PoolEncoder(pool, onScriptGone);
    const hasFile = source !== null && plan !== null;
    super({
      ...options,
      // Without the file an owner's tab has nothing to encode from; contributors get chunks.
      slots: options.identity.role === "owner" && !hasFile ? 0 : options.slots,
      source: hasFile
        ? { plan, cutChunk: (grant, signal) => source.cutChunk(grant, signal) }
        : null,
      encoder,
      ticket: (signal) =>
        client.socketTicket(jobId, typeof token === "string" ? token : token(), signal),
      connect: (ticket) => new WebSocket(client.socketUrl(jobId, ticket)),
      connectHttp: (ticket) =>
        new HttpSocket(ticket, { calls: client.httpSocketCalls(jobId), clock: REAL_CLOCK }),
      fetch: (url, init) => fetch(url, init),
      clock: REAL_CLOCK,
      onEnd: logEnd,
    });
    this.#encoder = encoder;
  }

  /** Replaces pool and number of slots. With no slots it takes no new tasks; those begun go on. */
  usePool(pool: TaskPool | null, slots: number): void {
    this.#encoder.pool = pool;
    this.setSlots(slots);
  }
}

/** Encodes with the current pool. */
class PoolEncoder implements HolderEncoder {
  pool: TaskPool | null;
  readonly #onScriptGone: SessionOptions["onScriptGone"];

  constructor(pool: TaskPool | null, onScriptGone: SessionOptions["onScriptGone"]) {
    this.pool = pool;
    this.#onScriptGone = onScriptGone;
  }

  async transcode(
    grant: LeaseGrant,
    { info, bytes }: Chunk,
    onProgress: OnProgress,
    signal: AbortSignal,
  ) {
    const request = { grant, info, chunk: bytes };
    return this.#watched(this.#present().transcode(request, onProgress, signal));
  }

  async compare(
    grant: LeaseGrant,
    { info, bytes }: Chunk,
    outputs: ArrayBuffer[],
    onProgress: OnProgress,
    signal: AbortSignal,
  ) {
    const request = { grant, info, chunk: bytes, outputs };
    return this.#watched(this.#present().compare(request, onProgress, signal));
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      if (thrown instanceof TributaryError && thrown.code === "SCRIPT_NOT_LOADED") {
        this.#onScriptGone(thrown);
      }
      throw thrown;
    }
  }

  #present(): TaskPool {
    if (this.pool === null) throw new TributaryError("ENGINE_UNAVAILABLE", "No encoder.");
    return this.pool;
  }
}

function logEnd({ task, attempt }: LeaseGrant, end: LeaseEnd): void {
  if (end.state === "accepted") return;
  console.warn(`task ${task.id}, attempt ${attempt}: ${end.state}, ${end.code}: ${end.message}`);
}
