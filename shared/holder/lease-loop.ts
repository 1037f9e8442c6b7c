import { type Clock, pause } from "../clock.ts";
import { type ErrorCode, TributaryError, toWireError } from "../job/errors.ts";
import { callBackoffMs } from "../retry.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { LeaseGrant, Output, PictureVerdict } from "../wire/lease.ts";
import { LeaseHeartbeat } from "./heartbeat.ts";
import type { LeaseWork, MadeTask } from "./lease-work.ts";
import type { Lease, LiveLease } from "./live-lease.ts";
import { putOutputs } from "./put-outputs.ts";
import { ask } from "./question.ts";
import { LeaseSlots } from "./slots.ts";

/**
 * The one loop that every lease holder runs (owner's tab, contributor's tab, container):
 *
 *     lease -> fetch chunk -> transcode -> offer (size, sha256) -> PUT to storage -> commit
 *
 * A lease that is to look at somebody else's result ends differently:
 *
 *     lease -> fetch chunk and outputs -> compare -> report
 *
 * A transcoding slot is held for the encode only: chunks are fetched before it, and offer, upload and
 * commit overlap the next encode. Everything that differs between homes is handed in.
 */

export interface LeaseLoopOptions {
  /** Parallel encodes. */
  slots: number;
  /** Leases taken beyond the slots, so that their chunks are there when a slot falls free. */
  prefetch: number;
  work: LeaseWork;
  clock: Clock;
  /** Hands a message to the coordinator; false when there is no connection now. */
  send(message: HolderMessage): boolean;
  /** Something that `leases()` or the counters show has changed. */
  onChange?(): void;
  /** Bytes of one object arrived in storage. */
  onStored?(sizeBytes: number): void;
  /** A lease ended here, for whatever reason. */
  onEnd?(grant: LeaseGrant, end: LeaseEnd, made: MadeTask | null): void;
}

export type LeaseEnd =
  | { state: "accepted" }
  | { state: "rejected" | "failed" | "lost"; code: ErrorCode; message: string };

type Verdict = Extract<CoordinatorMessage, { type: "accepted" | "rejected" }>;

/** Rounds of fresh URLs. */
const OFFER_ROUNDS = 4;

export class LeaseLoop {
  readonly #options: LeaseLoopOptions;
  readonly #leases = new Map<string, Lease>();
  readonly #slots: LeaseSlots;
  readonly #heartbeat: LeaseHeartbeat;
  /** Free places that the coordinator was last told of and has not filled since. */
  #told = 0;
  #connected = false;
  #stopped = false;

  constructor(options: LeaseLoopOptions) {
    this.#options = options;
    const { slots, prefetch, clock } = options;
    this.#heartbeat = new LeaseHeartbeat(this.#leases, {
      clock,
      send: (renew) => {
        if (this.#connected) options.send(renew);
      },
    });
    const onBegin = () => this.#heartbeat.began();
    this.#slots = new LeaseSlots(this.#leases, { slots, prefetch, clock, onBegin });
  }

  leases(): LiveLease[] {
    return [...this.#leases.values()];
  }

  leaseIds(): string[] {
    return [...this.#leases.keys()];
  }

  setSlots(slots: number): void {
    this.#slots.resize(slots);
    this.#sendWant();
  }

  /** Drops all work at once. Nothing is sent: the coordinator frees the leases when the socket closes. */
  stop(): void {
    this.#stopped = true;
    this.#heartbeat.stop();
    for (const lease of this.#leases.values()) lease.abort.abort();
    this.#leases.clear();
  }

  /** The connection is gone: encodes go on, answers are asked for again after the next welcome. */
  disconnected(): void {
    this.#connected = false;
    this.#told = 0;
  }

  receive(message: CoordinatorMessage): void {
    if (this.#stopped) return;
    switch (message.type) {
      case "welcome":
        this.#welcomed(new Set(message.adopted), message.wanted ?? 0);
        return;
      case "grant":
        this.#told = Math.max(0, this.#told - message.grants.length);
        for (const grant of message.grants) this.#take(grant);
        return;
      case "uploads":
      case "accepted":
      case "rejected":
        this.#answered(message.leaseId, message);
        return;
      case "revoke":
        this.#drop(message.leaseId, message.code);
        return;
      default:
        return;
    }
  }

  #welcomed(adopted: ReadonlySet<string>, wanted: number): void {
    this.#connected = true;
    this.#told = wanted;
    for (const lease of [...this.#leases.values()]) {
      if (!adopted.has(lease.leaseId)) this.#drop(lease.leaseId, "LEASE_LOST");
      else if (lease.asking !== null) this.#options.send(lease.asking.message);
    }
    this.#sendWant();
    this.#heartbeat.goOn();
  }

  #take(grant: LeaseGrant): void {
    if (this.#leases.has(grant.leaseId)) return;
    const lease: Lease = {
      leaseId: grant.leaseId,
      taskId: grant.task.id,
      stage: "fetching",
      progress: 0,
      grant,
      abort: new AbortController(),
      takenAtMs: this.#options.clock.nowMs(),
      beganAtMs: null,
      isProven: false,
      asking: null,
    };
    this.#leases.set(lease.leaseId, lease);
    this.#slots.keepOne();
    this.#heartbeat.goOn();
    this.#changed();
    void this.#run(lease);
  }

  async #run(lease: Lease): Promise<void> {
    const { signal } = lease.abort;
    let made: MadeTask | null = null;
    let end: LeaseEnd;
    try {
      let verdict: Verdict;
      if (lease.grant.compare === undefined) {
        made = await this.#make(lease);
        verdict = await this.#deliver(lease, made);
      } else {
        verdict = await this.#report(lease, await this.#compare(lease));
      }
      end =
        verdict.type === "accepted"
          ? { state: "accepted" }
          : { state: "rejected", code: verdict.code, message: verdict.message };
    } catch (thrown) {
      const { code, message, retryable } = toWireError(thrown);
      if (lease.isProven) {
        end = { state: "accepted" };
      } else if (signal.aborted) {
        end = { state: "lost", code, message };
      } else {
        end = { state: "failed", code, message };
        const { leaseId } = lease;
        this.#options.send({
          type: "fail",
          leaseId,
          code,
          retryable,
          message: message.slice(0, 500),
        });
      }
    }
    this.#leases.delete(lease.leaseId);
    this.#slots.wake();
    this.#options.onEnd?.(lease.grant, end, made);
    this.#sendWant();
    this.#changed();
  }

  async #make(lease: Lease): Promise<MadeTask> {
    const { grant, abort } = lease;
    const { work } = this.#options;
    const chunk = await work.fetchChunk(grant, abort.signal);
    const made = await this.#inSlot(lease, (onProgress) =>
      work.transcode(grant, chunk, onProgress, abort.signal),
    );
    this.#heartbeat.made();
    return made;
  }

  async #compare(lease: Lease): Promise<PictureVerdict> {
    const { grant, abort } = lease;
    const { fetchChunk, pictures } = this.#options.work;
    if (pictures === undefined) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "Pictures cannot be compared here.");
    }
    const [chunk, outputs] = await Promise.all([
      fetchChunk(grant, abort.signal),
      pictures.fetchOutputs(grant, abort.signal),
    ]);
    const verdict = await this.#inSlot(lease, (onProgress) =>
      pictures.compare(grant, chunk, outputs, onProgress, abort.signal),
    );
    this.#sendWant();
    return verdict;
  }

  async #report(lease: Lease, verdict: PictureVerdict): Promise<Verdict> {
    const { leaseId } = lease;
    for (;;) {
      const answer = await this.#ask(lease, { type: "compared", leaseId, verdict });
      if (answer.type === "accepted" || answer.type === "rejected") return answer;
    }
  }

  /** Works in a slot, once one is free. */
  async #inSlot<T>(
    lease: Lease,
    work: (onProgress: (progress: number) => void) => Promise<T>,
  ): Promise<T> {
    lease.abort.signal.throwIfAborted();
    lease.stage = "queued";
    this.#changed();
    await this.#slots.acquire(lease);
    try {
      this.#changed();
      return await work((progress) => {
        lease.progress = Math.min(1, Math.max(lease.progress, progress));
        this.#changed();
      });
    } finally {
      this.#slots.release(lease);
    }
  }

  /** Offer, upload, commit; asks for fresh URLs when storage refuses the first ones. */
  async #deliver(lease: Lease, made: MadeTask): Promise<Verdict> {
    const { leaseId } = lease;
    const { signal } = lease.abort;
    const { work, clock, onStored } = this.#options;
    signal.throwIfAborted();
    const outputs: Output[] = made.outputs.map(({ bytes: _, ...output }) => output);
    for (let round = 1; ; round += 1) {
      const answer = await this.#ask(lease, { type: "offer", leaseId, outputs });
      if (answer.type === "accepted" || answer.type === "rejected") return answer;
      if (answer.type !== "uploads") continue;
      try {
        await putOutputs(answer.puts, made.outputs, { put: work.put, clock, signal, onStored });
        break;
      } catch (thrown) {
        const refused = thrown instanceof TributaryError && thrown.code === "UPLOAD_REFUSED";
        if (!refused || round === OFFER_ROUNDS) throw thrown;
        await pause(clock, callBackoffMs(round, clock.random()), signal);
      }
    }
    const { engine, encodeMs } = made;
    const warnings = made.warnings.slice(0, 10).map((text) => text.slice(0, 500));
    for (;;) {
      const verdict = await this.#ask(lease, {
        type: "commit",
        leaseId,
        engine,
        encodeMs,
        warnings,
      });
      if (verdict.type === "accepted" || verdict.type === "rejected") return verdict;
    }
  }

  #ask(lease: Lease, message: HolderMessage): Promise<CoordinatorMessage> {
    return ask(lease, message, {
      clock: this.#options.clock,
      send: (said, isFirst) => {
        // What is sent again tells no old number of free slots.
        if (said.type === "offer" && isFirst) this.#sendOffer(said);
        else this.#options.send(said);
      },
    });
  }

  /** With the slots that are free now that its task is made. */
  #sendOffer(offer: Extract<HolderMessage, { type: "offer" }>): void {
    const want = this.wanted();
    if (!this.#connected || want === this.#told) this.#options.send(offer);
    else if (this.#options.send({ ...offer, want })) this.#told = want;
  }

  #answered(leaseId: string, message: CoordinatorMessage): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    const { asking } = lease;
    if (asking === null) {
      // Somebody else's result, which is the same, was there before these uploads.
      if (message.type === "accepted") lease.isProven = true;
      if (message.type === "accepted") lease.abort.abort();
      // A verdict without a question: the coordinator gave the lease up (too many failures, ended job).
      if (message.type === "rejected") this.#drop(leaseId, message.code);
      return;
    }
    // A late second answer to the offer must not pass for the verdict on the commit.
    if (asking.message.type === "commit" && message.type === "uploads") return;
    asking.answer(message);
  }

  #drop(leaseId: string, code: ErrorCode): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#leases.delete(leaseId);
    this.#slots.wake();
    lease.abort.abort(new TributaryError(code, "The lease went to another holder."));
    this.#sendWant();
    this.#changed();
  }

  /** Tells the coordinator of free slots, when that is news. */
  #sendWant(): void {
    if (!this.#connected || this.#stopped) return;
    const want = this.wanted();
    if (want === this.#told) return;
    if (this.#options.send({ type: "want", slots: want })) this.#told = want;
  }

  /** How many tasks would be started now: to be said in a hello. */
  wanted(): number {
    return this.#slots.wanted();
  }

  #changed(): void {
    this.#options.onChange?.();
  }
}
