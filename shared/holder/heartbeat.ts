import { type Clock, Timer } from "../clock.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import { FIRST_RENEW_MS, RENEW_EVERY_MS } from "../wire/protocol.ts";

type Renew = Extract<HolderMessage, { type: "renew" }>;

export interface LeaseHeartbeatOptions {
  clock: Clock;
  /** Progress of each lease, as of now. */
  signsOfLife(): Renew["leases"];
  /** Without a connection the message is dropped: the next hello names all leases. */
  send(message: Renew): void;
}

/** Sends a holder's signs of life: one message for all its leases, as long as it has any. */
export class LeaseHeartbeat {
  readonly #options: LeaseHeartbeatOptions;
  readonly #timer: Timer;
  #dueAtMs = Number.POSITIVE_INFINITY;
  /** A task was made here. Its commit states the time it took, which tells more than progress does. */
  #hasMade = false;
  #stopped = false;

  constructor(options: LeaseHeartbeatOptions) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
  }

  /** To be called when there is a new lease, or a connection again. */
  goOn(): void {
    this.#schedule(RENEW_EVERY_MS);
  }

  /** To be called when an encode begins. Progress of the very first one is reported early. */
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

  /** Plans a sign of life in place of one that is due later. */
  #schedule(withinMs: number): void {
    const { clock, signsOfLife, send } = this.#options;
    const dueAtMs = clock.nowMs() + withinMs;
    if (this.#stopped || dueAtMs >= this.#dueAtMs) return;
    this.#dueAtMs = dueAtMs;
    this.#timer.set(withinMs, () => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      const leases = signsOfLife();
      if (leases.length === 0) return;
      // No early report of a task that is made already: its commit tells more.
      const isNews = withinMs >= RENEW_EVERY_MS || !this.#hasMade;
      if (isNews) send({ type: "renew", leases });
      this.goOn();
    });
  }
}
