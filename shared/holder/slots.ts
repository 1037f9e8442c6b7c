import type { Clock } from "../clock.ts";

/** A slot is kept this long for a lease whose chunk is being fetched. */
const KEEP_SLOT_MS = 1_000;
/** While more uploads than the number of slots plus this are under way, no new lease is taken. */
const MAX_UPLOADS_BEHIND = 4;
/** The coordinator hands out no more at once. */
const MAX_WANTED = 64;

/** How far a lease is: its slot is held for `encoding` only. */
export type LeaseStage = "fetching" | "queued" | "encoding" | "uploading";

/** A lease's place in the line for the slots. */
export interface SlotPlace {
  readonly stage: LeaseStage;
  /** When it got its slot, by the clock; null before and after. */
  readonly beganAtMs: number | null;
  /**
   * Waits for its turn, then works; the slot is free again however the work ends. Rejects with the signal's
   * reason, or as the work does.
   */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** The lease has ended. */
  leave(): void;
}

export interface LeaseSlotsOptions {
  slots: number;
  /** Leases taken beyond the slots. */
  prefetch: number;
  clock: Clock;
  onStage(stage: LeaseStage): void;
}

interface Place {
  stage: LeaseStage;
  beganAtMs: number | null;
  takenAtMs: number;
}

/** A holder's slots: which lease has one, whose turn is next, and how much more work there is room for. */
export class LeaseSlots {
  readonly #clock: Clock;
  readonly #prefetch: number;
  readonly #onStage: (stage: LeaseStage) => void;
  /** In the order of the grants. */
  readonly #places = new Set<Place>();
  readonly #waiters: (() => void)[] = [];
  #slots: number;
  /** The last number of slots above 0: with 0 slots, leases that are held are still finished with these. */
  #serving: number;
  /** Slots in use, also by work that was told to stop and has not stopped yet. */
  #inUse = 0;

  constructor({ slots, prefetch, clock, onStage }: LeaseSlotsOptions) {
    this.#slots = slots;
    this.#serving = slots;
    this.#prefetch = prefetch;
    this.#clock = clock;
    this.#onStage = onStage;
  }

  /** @param slots 0: nothing new is taken, and what was granted is finished */
  resize(slots: number): void {
    this.#slots = slots;
    if (slots > 0) this.#serving = slots;
    this.#wake();
  }

  /** A place for a new lease, behind all others. While its chunk is fetched, a slot is kept for KEEP_SLOT_MS. */
  take(): SlotPlace {
    const place: Place = { stage: "fetching", beganAtMs: null, takenAtMs: this.#clock.nowMs() };
    this.#places.add(place);
    this.#clock.after(KEEP_SLOT_MS, () => this.#wake());
    return {
      get stage() {
        return place.stage;
      },
      get beganAtMs() {
        return place.beganAtMs;
      },
      use: (signal, work) => this.#use(place, signal, work),
      leave: () => {
        this.#places.delete(place);
        this.#wake();
      },
    };
  }

  /** How many more leases would be taken now. */
  wanted(): number {
    let unfinished = 0;
    let uploading = 0;
    for (const { stage } of this.#places) {
      if (stage === "uploading") uploading += 1;
      else unfinished += 1;
    }
    // Uploads that fall behind hold memory: take nothing new until they catch up.
    const isBehind = uploading > this.#slots + MAX_UPLOADS_BEHIND;
    const room = isBehind ? 0 : this.#slots + this.#prefetch;
    return this.#slots === 0 ? 0 : Math.min(MAX_WANTED, Math.max(0, room - unfinished));
  }

  async #use<T>(place: Place, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#enter(place, "queued");
    while (!this.#hasTurn(place)) {
      await this.#change(signal);
      signal.throwIfAborted();
    }
    this.#inUse += 1;
    place.beganAtMs = this.#clock.nowMs();
    this.#enter(place, "encoding");
    this.#wake();
    try {
      return await work();
    } finally {
      this.#inUse -= 1;
      place.beganAtMs = null;
      this.#enter(place, "uploading");
      this.#wake();
    }
  }

  #enter(place: Place, stage: LeaseStage): void {
    place.stage = stage;
    this.#onStage(stage);
  }

  /**
   * Leases run in the order of their grants, because the coordinator grants in order of need. A slot is
   * kept for the next one for a moment while its chunk is still being fetched.
   */
  #hasTurn(place: Place): boolean {
    const nowMs = this.#clock.nowMs();
    let free = this.#serving - this.#inUse;
    for (const other of this.#places) {
      if (other === place) break;
      const isNear = other.stage === "fetching" && nowMs - other.takenAtMs < KEEP_SLOT_MS;
      if (other.stage === "queued" || isNear) free -= 1;
    }
    return free > 0;
  }

  /** Resolves when another place may have its turn, or on abort. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiters.push(done);
      signal.addEventListener("abort", done);
    });
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
