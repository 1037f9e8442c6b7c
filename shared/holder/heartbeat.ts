import { type Clock, Timer } from "../clock.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import { FIRST_RENEW_MS, RENEW_EVERY_MS } from "../wire/protocol.ts";

type Renew = Extract<HolderMessage, { type: "renew" }>;

export interface LeaseHeartbeatOptions {
  clock: Clock;
  /** Progress of each lease, as of now. */
  signsOfLife(): Renew["leases"];
  /** Messages sent without a connection are dropped: the next welcome says more. */
  send(message: Renew): void;
}

/** A holder's signs of life: all its leases in one message, as long as there are any. */
export class LeaseHeartbeat {
  readonly #options: LeaseHeartbeatOptions;
  readonly #timer: Timer;
  #dueAtMs = Number.POSITIVE_INFINITY;
  /** A task was made here: what its commit says of the time tells more than any progress. */
  #hasMade = false;
  #stopped = false;

  constructor(options: LeaseHeartbeatOptions) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
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
    this.#timer.clear();
  }

  /** One that is due later than this gives way. */
  #schedule(withinMs: number): void {
    const { clock, signsOfLife, send } = this.#options;
    const dueAtMs = clock.nowMs() + withinMs;
    if (this.#stopped || dueAtMs >= this.#dueAtMs) return;
    this.#dueAtMs = dueAtMs;
    this.#timer.set(withinMs, () => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      const leases = signsOfLife();
      if (leases.length === 0) return;
      // What was to be told early is made already: its commit tells more.
      const isNews = withinMs >= RENEW_EVERY_MS || !this.#hasMade;
      if (isNews) send({ type: "renew", leases });
      this.goOn();
    });
  }
}
