/**
 * The event streams that are open on one job. Each asks for the job's counts every second. They are kept only in
 * memory: after an eviction each is added again at its next request.
 */

/** A client that has a stream open. */
export interface Listener {
  /**
   * Whether it is the owner or the site's operator. Their streams have a limit of their own, which other clients cannot
   * use up.
   */
  isOwn: boolean;
  /** Null for requests from this machine itself. */
  network: string | null;
}

/**
 * The most streams at once of other clients, in total and from one network. (A classroom shares a network, but pages
 * open no streams.)
 */
const MOST_STREAMS = 200;
const MOST_OF_A_NETWORK = 40;
/** The most streams at once of the owner's and the operator's programs. */
const MOST_OWN = 40;
/** A stream that has not asked for this many milliseconds counts as closed. */
const GONE_AFTER_MS = 10_000;

/** The open event streams of one job, with limits on their number. */
export class EventStreams {
  readonly #open = new Map<string, Listener & { askedAtMs: number }>();

  /** Notes a request of a stream. False for a new stream where there are too many. */
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
