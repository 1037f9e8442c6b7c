import type { Clock } from "../clock.ts";
import type { Lease } from "./live-lease.ts";

/** A slot is kept this long for a lease whose chunk is being fetched. */
const KEEP_SLOT_MS = 1_000;
/** Uploads beyond the number of slots that may be under way before nothing new is taken. */
const MAX_UPLOADS_BEHIND = 4;
/** The coordinator hands out no more at once. */
const MAX_WANTED = 64;

export interface LeaseSlotsOptions {
  slots: number;
  /** Leases taken beyond the slots. */
  prefetch: number;
  clock: Clock;
  /** A lease has got its slot. */
  onBegin(): void;
}

/** A holder's places to transcode in: who has one, whose turn is next, and how much more work there is room for. */
export class LeaseSlots {
  readonly #leases: ReadonlyMap<string, Lease>;
  readonly #clock: Clock;
  readonly #prefetch: number;
  readonly #onBegin: () => void;
  readonly #waiters: (() => void)[] = [];
  #slots: number;
  #encoding = 0;

  /** @param leases all of the holder's, in the order of their grants */
  constructor(
    leases: ReadonlyMap<string, Lease>,
    { slots, prefetch, clock, onBegin }: LeaseSlotsOptions,
  ) {
    this.#leases = leases;
    this.#slots = slots;
    this.#prefetch = prefetch;
    this.#clock = clock;
    this.#onBegin = onBegin;
  }

  resize(slots: number): void {
    this.#slots = slots;
    this.wake();
  }

  /** A lease is taken, and its chunk on its way: for a moment its slot is kept. */
  keepOne(): void {
    this.#clock.after(KEEP_SLOT_MS, () => this.wake());
  }

  /** Resolves at the lease's turn. Rejects with what its signal aborts with. */
  async acquire(lease: Lease): Promise<void> {
    const { signal } = lease.abort;
    while (!this.#hasTurn(lease)) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      signal.throwIfAborted();
    }
    this.#encoding += 1;
    lease.stage = "encoding";
    lease.beganAtMs = this.#clock.nowMs();
    this.#onBegin();
    this.wake();
  }

  release(lease: Lease): void {
    lease.stage = "uploading";
    lease.beganAtMs = null;
    this.#encoding -= 1;
    this.wake();
  }

  /**
   * What was granted first goes first, because the coordinator grants in order of need: a slot is kept
   * for it for a moment while its chunk is still on its way.
   */
  #hasTurn(lease: Lease): boolean {
    const nowMs = this.#clock.nowMs();
    let free = this.#slots - this.#encoding;
    for (const other of this.#leases.values()) {
      if (other === lease) break;
      const isNear = other.stage === "fetching" && nowMs - other.takenAtMs < KEEP_SLOT_MS;
      if (other.stage === "queued" || isNear) free -= 1;
    }
    return free > 0;
  }

  /** Leases have come or gone: it may be another one's turn. */
  wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** How many tasks would be started now. */
  wanted(): number {
    let unfinished = 0;
    let uploading = 0;
    for (const { stage } of this.#leases.values()) {
      if (stage === "uploading") uploading += 1;
      else unfinished += 1;
    }
    // Uploads that fall behind hold memory: take nothing new until they catch up.
    const isBehind = uploading > this.#slots + MAX_UPLOADS_BEHIND;
    const room = isBehind ? 0 : this.#slots + this.#prefetch;
    return this.#slots === 0 ? 0 : Math.min(MAX_WANTED, Math.max(0, room - unfinished));
  }
}
