import type { RestReason } from "../wire/pool.ts";
import { type MemberLimits, restsFor, type Surroundings, slotsFor } from "./limits.ts";

/** Limits are looked at this often, and whenever bytes were counted. */
export const LOOK_EVERY_MS = 5_000;

export interface LimitWatchOptions {
  limits(): MemberLimits;
  surroundings(): Surroundings;
  /** From now on so many encoders; with a reason to rest, none. */
  apply(slots: number, rests: RestReason | null): void;
}

/** Keeps a member to its machine's limits: says how many encoders may work whenever that changes. */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #said: { slots: number; rests: RestReason | null } | null = null;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** @param isNews says it anyway */
  look(isNews = false): void {
    const limits = this.#options.limits();
    const now = this.#options.surroundings();
    const said = { slots: slotsFor(limits, now), rests: restsFor(limits, now) };
    const isSame = said.slots === this.#said?.slots && said.rests === this.#said.rests;
    if (isSame && !isNews) return;
    this.#said = said;
    this.#options.apply(said.slots, said.rests);
  }
}
