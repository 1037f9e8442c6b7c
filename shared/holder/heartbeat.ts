import type { Clock } from "../clock.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import { FIRST_RENEW_MS, RENEW_EVERY_MS } from "../wire/protocol.ts";
import type { Lease } from "./live-lease.ts";

type Renew = Extract<HolderMessage, { type: "renew" }>;

export interface LeaseHeartbeatOptions {
  clock: Clock;
  /** What is due while there is no connection is lost: a welcome tells more. */
  send(message: Renew): void;
}

/** A holder's signs of life: all its leases in one message, as long as there are any. */
export class LeaseHeartbeat {
  readonly #leases: ReadonlyMap<string, Lease>;
  readonly #options: LeaseHeartbeatOptions;
  #cancel: (() => void) | null = null;
  #dueAtMs = Number.POSITIVE_INFINITY;
  /** A task was made here: what its commit says of the time tells more than any progress. */
  #hasMade = false;
  #stopped = false;

  constructor(leases: ReadonlyMap<string, Lease>, options: LeaseHeartbeatOptions) {
    this.#leases = leases;
    this.#options = options;
  }

  /** There is a lease, or a connection again. */
  goOn(): void {
    this.#schedule(RENEW_EVERY_MS);
  }

  /** An encode has begun: how far the very first one is is told early. */
  began(): void {
    if (!this.#hasMade) this.#schedule(FIRST_RENEW_MS);
  }

  made(): void {
    this.#hasMade = true;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** One that is due later than this gives way. */
  #schedule(withinMs: number): void {
    const { clock, send } = this.#options;
    const dueAtMs = clock.nowMs() + withinMs;
    if (this.#stopped || dueAtMs >= this.#dueAtMs) return;
    this.#cancel?.();
    this.#dueAtMs = dueAtMs;
    this.#cancel = clock.after(withinMs, () => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      if (this.#leases.size === 0) return;
      // What was to be told early is made already: its commit tells more.
      const isNews = withinMs >= RENEW_EVERY_MS || !this.#hasMade;
      if (isNews) send({ type: "renew", leases: this.#signsOfLife() });
      this.goOn();
    });
  }

  #signsOfLife(): Renew["leases"] {
    const nowMs = this.#options.clock.nowMs();
    return [...this.#leases.values()].map(({ leaseId, progress, beganAtMs }) => {
      const work = beganAtMs === null ? {} : { workMs: nowMs - beganAtMs };
      return { leaseId, progress, ...work };
    });
  }
}
