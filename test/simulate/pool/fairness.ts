import { speedsByJob } from "../../../edge/pool/model/balance.ts";
import type { PoolState } from "../../../edge/pool/model/state.ts";

/** Length of a window. Owners that wait during the whole of a window are compared in it. */
const WINDOW_MS = 5 * 60_000;

/**
 * Jain's index, (sum x)^2 / (n sum x^2), for each window. x is what the pool gave to an owner. Only owners that
 * could have used more during the whole window count.
 */
export class Fairness {
  readonly #states: readonly PoolState[];
  #fromMs = 0;
  #atMs = 0;
  #given = new Map<string, number>();
  #waiting: Set<string> | null = null;
  readonly indices: number[] = [];

  /** @param states of all shards of the pool */
  constructor(states: readonly PoolState[]) {
    this.#states = states;
  }

  /** Has to be called after each assignment. */
  take(nowMs: number): void {
    if (nowMs - this.#fromMs >= WINDOW_MS) this.#close(nowMs);
    const lasted = nowMs - this.#atMs;
    this.#atMs = nowMs;
    const demands = new Map<string, number>();
    for (const state of this.#states) {
      for (const { ownerId, speed, demand } of speedsByJob(state, nowMs)) {
        this.#given.set(ownerId, (this.#given.get(ownerId) ?? 0) + speed * lasted);
        demands.set(ownerId, (demands.get(ownerId) ?? 0) + demand - speed);
      }
    }
    const waiting = new Set<string>();
    for (const [ownerId, missing] of demands) if (missing > 0) waiting.add(ownerId);
    const before = this.#waiting;
    this.#waiting =
      before === null ? waiting : new Set([...waiting].filter((ownerId) => before.has(ownerId)));
  }

  #close(nowMs: number): void {
    const parts = [...(this.#waiting ?? [])].map((ownerId) => this.#given.get(ownerId) ?? 0);
    if (parts.length > 1) this.indices.push(jain(parts));
    this.#fromMs = nowMs;
    this.#given = new Map();
    this.#waiting = null;
  }
}

/** Jain's index of some parts: 1 if all are equal, 1/n if one has everything. */
export function jain(parts: readonly number[]): number {
  const sum = parts.reduce((total, each) => total + each, 0);
  const squares = parts.reduce((total, each) => total + each ** 2, 0);
  return squares === 0 ? 1 : sum ** 2 / (parts.length * squares);
}
