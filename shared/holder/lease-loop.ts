import type { Clock } from "../clock.ts";
import type { ErrorCode } from "../job/errors.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { LeaseGrant } from "../wire/lease.ts";
import { LeaseHeartbeat } from "./heartbeat.ts";
import { type LeaseAnswer, type LeaseEnd, LeaseRun, type LiveLease } from "./lease-run.ts";
import type { LeaseWork } from "./lease-work.ts";
import { LeaseSlots } from "./slots.ts";

export interface LeaseLoopOptions {
  /** Parallel encodes. */
  slots: number;
  /** Leases taken beyond the slots, so that their chunks are there when a slot falls free. */
  prefetch: number;
  work: LeaseWork;
  clock: Clock;
  /** Hands a message to the coordinator; false when there is no connection now. */
  send(message: HolderMessage): boolean;
  /** Something that `leases()` shows has changed. */
  onChange(): void;
  /** A lease ended here, for whatever reason; it is not among `leases()` any more. */
  onEnd(grant: LeaseGrant, end: LeaseEnd): void;
}

/**
 * The loop that every lease holder runs: takes leases as long as it has room, works on them side by
 * side (`LeaseRun`), and tells the coordinator of free slots and of its leases' progress.
 */
export class LeaseLoop {
  readonly #options: LeaseLoopOptions;
  /** In the order of their grants. */
  readonly #runs = new Map<string, LeaseRun>();
  readonly #slots: LeaseSlots;
  readonly #heartbeat: LeaseHeartbeat;
  /** Free places that were last reported to the coordinator and that it has not filled since. */
  #told = 0;
  #connected = false;
  #stopped = false;

  constructor(options: LeaseLoopOptions) {
    this.#options = options;
    const { slots, prefetch, clock } = options;
    this.#heartbeat = new LeaseHeartbeat({
      clock,
      signsOfLife: () => [...this.#runs.values()].map((run) => run.signOfLife()),
      send: (renew) => {
        if (this.#connected) options.send(renew);
      },
    });
    this.#slots = new LeaseSlots({
      slots,
      prefetch,
      clock,
      onStage: (stage) => {
        if (stage === "encoding") this.#heartbeat.began();
        options.onChange();
      },
    });
  }

  leases(): LiveLease[] {
    return [...this.#runs.values()].map((run) => run.view());
  }

  leaseIds(): string[] {
    return [...this.#runs.keys()];
  }

  setSlots(slots: number): void {
    this.#slots.resize(slots);
    this.#sendWant();
  }

  /** Gives back the leases that no slot has begun, so that others make them. */
  giveBack(): void {
    for (const run of [...this.#runs.values()]) {
      const { leaseId, stage } = run.view();
      if (stage !== "fetching" && stage !== "queued") continue;
      // Without a connection the next hello does not name it, which says the same.
      this.#options.send({ type: "release", leaseId });
      this.#drop(leaseId, "CANCELLED");
    }
  }

  /** How many more leases would be taken now; a hello states it. */
  wanted(): number {
    return this.#slots.wanted();
  }

  /** Drops all work at once. Nothing is sent: the coordinator frees the leases when the socket closes. */
  stop(): void {
    this.#stopped = true;
    this.#heartbeat.stop();
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    for (const run of runs) run.drop("CANCELLED", "The holder stopped.");
  }

  /** The connection is gone: encodes go on, and open questions are sent again after the next welcome. */
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
        this.#answered(message);
        return;
      case "revoke":
        this.#drop(message.leaseId, message.code);
        return;
      case "job":
      case "stage":
      case "stage-upload":
      case "error":
        // For `LeaseHolder` alone.
        return;
      default:
        message satisfies never;
    }
  }

  #welcomed(adopted: ReadonlySet<string>, wanted: number): void {
    this.#connected = true;
    this.#told = wanted;
    for (const run of [...this.#runs.values()]) {
      if (adopted.has(run.leaseId)) run.reconnected();
      else this.#drop(run.leaseId, "LEASE_LOST");
    }
    this.#sendWant();
    this.#heartbeat.goOn();
  }

  #take(grant: LeaseGrant): void {
    if (this.#runs.has(grant.leaseId)) return;
    const { work, clock, send, onChange } = this.#options;
    const run = new LeaseRun(grant, {
      work,
      clock,
      place: this.#slots.take(),
      send: (message, isFirst) => {
        // An offer that is sent again must not state an old number of free slots.
        if (message.type === "offer" && isFirst) this.#sendOffer(message);
        else send(message);
      },
      onMade: () => {
        if (grant.compare === undefined) this.#heartbeat.made();
        else this.#sendWant();
      },
      onProgress: onChange,
    });
    this.#runs.set(grant.leaseId, run);
    this.#heartbeat.goOn();
    onChange();
    void run.run().then((end) => this.#ended(run, end));
  }

  #ended({ grant }: LeaseRun, end: LeaseEnd): void {
    this.#runs.delete(grant.leaseId);
    this.#options.onEnd(grant, end);
    this.#sendWant();
    this.#options.onChange();
  }

  #answered(answer: LeaseAnswer): void {
    const run = this.#runs.get(answer.leaseId);
    if (run === undefined || run.answer(answer)) return;
    if (answer.type === "accepted") run.prove();
    // No question was open: the coordinator gave the lease up (too many failures, ended job).
    if (answer.type === "rejected") this.#drop(answer.leaseId, answer.code);
  }

  #drop(leaseId: string, code: ErrorCode): void {
    const run = this.#runs.get(leaseId);
    if (run === undefined) return;
    this.#runs.delete(leaseId);
    run.drop(code, "The lease went to another holder.");
    this.#sendWant();
    this.#options.onChange();
  }

  /** Sends an offer, together with the number of slots that are free now that its task is made. */
  #sendOffer(offer: Extract<HolderMessage, { type: "offer" }>): void {
    const want = this.wanted();
    if (!this.#connected || want === this.#told) this.#options.send(offer);
    else if (this.#options.send({ ...offer, want })) this.#told = want;
  }

  /** Tells the coordinator the number of free slots, if it has changed. */
  #sendWant(): void {
    if (!this.#connected || this.#stopped) return;
    const want = this.wanted();
    if (want === this.#told) return;
    if (this.#options.send({ type: "want", slots: want })) this.#told = want;
  }
}
