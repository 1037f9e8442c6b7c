/**
 * The event streams that are open on one job, each of which asks for its counts every second. In memory
 * only: after an eviction they are counted anew as they ask again.
 */

/** At once, of a job and of one network: a classroom shares one, and its pages do not open any. */
const MOST_STREAMS = 200;
const MOST_OF_A_NETWORK = 40;
/** A stream that has not asked for so long is gone. */
const GONE_AFTER_MS = 10_000;

export class EventStreams {
  readonly #open = new Map<string, { network: string; askedAtMs: number }>();

  /** False for a new stream where there are too many. @param network null on the machine that it runs on */
  admits(id: string, network: string | null, nowMs: number): boolean {
    if (!this.#open.has(id)) {
      for (const [other, { askedAtMs }] of this.#open) {
        if (nowMs - askedAtMs >= GONE_AFTER_MS) this.#open.delete(other);
      }
      const ofNetwork = [...this.#open.values()].filter((each) => each.network === network);
      if (this.#open.size >= MOST_STREAMS) return false;
      if (network !== null && ofNetwork.length >= MOST_OF_A_NETWORK) return false;
    }
    this.#open.set(id, { network: network ?? "", askedAtMs: nowMs });
    return true;
  }

  close(id: string): void {
    this.#open.delete(id);
  }
}
