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
  /** The owner's, or a contributor link's. */
  token: string;
  /** The opened file; null for a contributor, and for an owner who only watches. */
  source: Pick<Source, "cutChunk"> | null;
  /** Of the job; chunks for others are cut by it. Null without a source. */
  plan: JobPlan | null;
  /** Encodes; null takes no task. */
  pool: TaskPool | null;
  onChange(): void;
}

/** This tab as a lease holder of one job. */
export class HolderSession extends LeaseHolder {
  readonly #encoder: PoolEncoder;

  constructor({ client, jobId, token, source, plan, pool, ...options }: SessionOptions) {
    const encoder = new PoolEncoder(pool);
    const hasFile = source !== null && plan !== null;
    super({
      ...options,
      // Without the file an owner's tab has nothing to encode from; contributors get chunks.
      slots: options.identity.role === "owner" && !hasFile ? 0 : options.slots,
      source: hasFile
        ? { plan, cutChunk: (grant, signal) => source.cutChunk(grant, signal) }
        : null,
      encoder,
      ticket: (signal) => client.socketTicket(jobId, token, signal),
      connect: (ticket) => new WebSocket(client.socketUrl(jobId, ticket)),
      connectHttp: (ticket) =>
        new HttpSocket(ticket, { calls: client.httpSocketCalls(jobId), clock: REAL_CLOCK }),
      fetch: (url, init) => fetch(url, init),
      clock: REAL_CLOCK,
      onEnd: logEnd,
    });
    this.#encoder = encoder;
  }

  /** With no slots nothing new is taken; what was begun goes on. */
  usePool(pool: TaskPool | null, slots: number): void {
    this.#encoder.pool = pool;
    this.setSlots(slots);
  }
}

/** The pool of the moment. */
class PoolEncoder implements HolderEncoder {
  pool: TaskPool | null;

  constructor(pool: TaskPool | null) {
    this.pool = pool;
  }

  async transcode(
    grant: LeaseGrant,
    { info, bytes }: Chunk,
    onProgress: OnProgress,
    signal: AbortSignal,
  ) {
    return this.#present().transcode({ grant, info, chunk: bytes }, onProgress, signal);
  }

  async compare(
    grant: LeaseGrant,
    { info, bytes }: Chunk,
    outputs: ArrayBuffer[],
    onProgress: OnProgress,
    signal: AbortSignal,
  ) {
    return this.#present().compare({ grant, info, chunk: bytes, outputs }, onProgress, signal);
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
