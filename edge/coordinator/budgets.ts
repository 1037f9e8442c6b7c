import type { Role } from "../../shared/wire/protocol.ts";

/**
 * Limits on what one client costs a job's coordinator. They apply to a token (the principal) and to a holder (the
 * member), never to a network, because a classroom shares one.
 */

/**
 * The most sockets at once of one owner's or server's token. There may be several tabs, each with an old socket while
 * it reconnects.
 */
const OWN_SOCKETS: Readonly<Record<"owner" | "server", number>> = { owner: 16, server: 4 };
/** Sockets of one contributor link beyond the number of its helpers, for old sockets of helpers that reconnect. */
const LINK_SPARE_SOCKETS = 16;
/** The most sockets of all contributor links together. */
export const MOST_CONTRIBUTOR_SOCKETS = 1_500;

/** @param maxContributors the link's limit; 0 for other tokens */
export function mostSockets(role: Role, maxContributors: number): number {
  return role === "contributor" ? maxContributors + LINK_SPARE_SOCKETS : OWN_SOCKETS[role];
}

/** The most holders that ever join by one link. Each has a record, and a tab that is opened again is a new holder. */
export function mostNames(maxContributors: number): number {
  return 50 + 20 * maxContributors;
}

/** A token bucket for characters or messages: it holds at most `burst`, and is refilled by `perSecond`. */
interface Allowance {
  burst: number;
  perSecond: number;
}

const MEGA = 1_000_000;
/**
 * A message costs some milliseconds, and so does a request of a socket over HTTP. An honest helper sends three messages
 * for each task, and a heartbeat every four seconds. An owner also sends two for each chunk, as fast as its uplink
 * allows.
 */
const MESSAGES: Readonly<Record<"member" | "own", Allowance>> = {
  member: { burst: 200, perSecond: 30 },
  own: { burst: 2_000, perSecond: 300 },
};
/** An offer with hours of audio has a few hundred kB; other messages have a few kB. */
const CHARACTERS: Readonly<Record<"member" | "own", Allowance>> = {
  member: { burst: 8 * MEGA, perSecond: (8 * MEGA) / 60 },
  own: { burst: 64 * MEGA, perSecond: (64 * MEGA) / 60 },
};
/** Messages of all helpers of a link, for each helper that the link admits. */
const LINK_MESSAGES_EACH: Allowance = { burst: 10, perSecond: 4 };
/** The least allowance of a link, for links that admit few helpers: twice that of one helper. */
const LINK_LEAST = 2 * MESSAGES.member.burst;
const LINK_CHARACTERS: Allowance = CHARACTERS.own;

/** Full buckets are equal to new ones. They are dropped when there are this many buckets. */
const KEPT_BUCKETS = 4_096;

class Bucket {
  readonly #allowance: Allowance;
  #level: number;
  #atMs: number;

  constructor(allowance: Allowance, nowMs: number) {
    this.#allowance = allowance;
    this.#level = allowance.burst;
    this.#atMs = nowMs;
  }

  /** Takes an amount. Returns false, and takes nothing, where the bucket has less. */
  take(amount: number, nowMs: number): boolean {
    const level = this.#levelAt(nowMs);
    this.#atMs = nowMs;
    this.#level = level < amount ? level : level - amount;
    return level >= amount;
  }

  isFull(nowMs: number): boolean {
    return this.#levelAt(nowMs) >= this.#allowance.burst;
  }

  #levelAt(nowMs: number): number {
    const { burst, perSecond } = this.#allowance;
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    return Math.min(burst, this.#level + seconds * perSecond);
  }
}

export interface Sender {
  /** The token's hash. */
  principal: string;
  role: Role;
  /** Id of the holder; before its hello, of the connection. It stays the same when the holder reconnects. */
  member: string;
  /** The most helpers that the link admits at once; 0 for other tokens. */
  maxContributors: number;
}

/**
 * Budgets of messages and characters for everybody who sends to one coordinator. They are kept only in memory: an
 * object is evicted only after a time without messages, in which the buckets refill.
 */
export class MessageBudgets {
  readonly #buckets = new Map<string, Bucket>();
  #forgetAt = KEPT_BUCKETS;

  /** Takes one message of `size` characters from its sender's budget. Returns false where that is used up. */
  take({ principal, role, member, maxContributors }: Sender, size: number, nowMs: number): boolean {
    const kind = role === "contributor" ? "member" : "own";
    const mine = `${principal} ${member}`;
    const isWithin =
      this.#take(`messages ${mine}`, MESSAGES[kind], 1, nowMs) &&
      this.#take(`characters ${mine}`, CHARACTERS[kind], size, nowMs);
    if (!isWithin || role !== "contributor") return isWithin;
    const { burst, perSecond } = LINK_MESSAGES_EACH;
    const ofLink = {
      burst: Math.max(LINK_LEAST, burst * maxContributors),
      perSecond: Math.max(MESSAGES.member.perSecond, perSecond * maxContributors),
    };
    return (
      this.#take(`messages ${principal}`, ofLink, 1, nowMs) &&
      this.#take(`characters ${principal}`, LINK_CHARACTERS, size, nowMs)
    );
  }

  #take(key: string, allowance: Allowance, amount: number, nowMs: number): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#forgetAt) this.#forgetFull(nowMs);
      bucket = new Bucket(allowance, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(amount, nowMs);
  }

  #forgetFull(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(key);
    this.#forgetAt = Math.max(KEPT_BUCKETS, 2 * this.#buckets.size);
  }
}
