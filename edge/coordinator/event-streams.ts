/**
 * The event streams that are open on one job, each of which asks for its counts every second. In memory
 * only: after an eviction they are counted anew as they ask again.
 */

/** A client that has a stream open. */
export interface Listener {
  /** The owner or the site's operator: strangers, however many, take no place of theirs. */
  isOwn: boolean;
  /** Null on the machine that it runs on. */
  network: string | null;
}

/** At once, of strangers and of one network of theirs: a classroom shares one, and its pages do not open any. */
const MOST_STREAMS = 200;
const MOST_OF_A_NETWORK = 40;
/** Streams of the owner's programs, at once. */
const MOST_OWN = 40;
/** A stream that has not asked for so long is gone. */
const GONE_AFTER_MS = 10_000;

export class EventStreams {
  readonly #open = new Map<string, Listener & { askedAtMs: number }>();

  /** False for a new stream where there are too many. */
  admits(id: string, listener: Listener, nowMs: number): boolean {
    if (!this.#open.has(id) && !this.#hasRoomFor(listener, nowMs)) return false;
    this.#open.set(id, { ...listener, askedAtMs: nowMs });
    return true;
  }

  #hasRoomFor({ isOwn, network }: Listener, nowMs: number): boolean {
    for (const [id, { askedAtMs }] of this.#open) {
      if (nowMs - askedAtMs >= GONE_AFTER_MS) this.#open.delete(id);
    }
    const alike = [...this.#open.values()].filter((each) => each.isOwn === isOwn);
    if (isOwn) return alike.length < MOST_OWN;
    const ofNetwork = alike.filter((each) => each.network === network);
    const isCrowded = network !== null && ofNetwork.length >= MOST_OF_A_NETWORK;
    return alike.length < MOST_STREAMS && !isCrowded;
  }

  close(id: string): void {
    this.#open.delete(id);
  }
}
