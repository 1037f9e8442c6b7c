import type { Role } from "../../shared/wire/protocol.ts";

/**
 * The bounds on what one client costs a job's coordinator. They are by token (the principal) and by holder (the
 * member), never by network: a classroom shares one.
 */

/** Sockets at once of one owner's or server's token: several tabs, and each while it reconnects. */
const OWN_SOCKETS: Readonly<Record<"owner" | "server", number>> = { owner: 16, server: 4 };
/** Sockets of one contributor link beyond its helpers: old ones of those that reconnect. */
const LINK_SPARE_SOCKETS = 16;
/** Sockets of all contributor links together. */
export const MOST_CONTRIBUTOR_SOCKETS = 1_500;

/** @param maxContributors of the link, where the token is one */
export function mostSockets(role: Role, maxContributors: number): number {
  return role === "contributor" ? maxContributors + LINK_SPARE_SOCKETS : OWN_SOCKETS[role];
}

/**
 * Holders that ever come by one link, each of which is a record: a tab that is opened anew is another
 * one, and those who come and go are many.
 */
export function mostNames(maxContributors: number): number {
  return 50 + 20 * maxContributors;
}

/** A bucket holds `burst` at most and gets `perSecond` back: characters or messages. */
interface Allowance {
  burst: number;
  perSecond: number;
}

const MEGA = 1_000_000;
/**
 * A message costs some milliseconds, and so does a request of a socket over HTTP. An honest helper sends three a task and a heartbeat every four
 * seconds; an owner two for each chunk besides, as fast as its uplink takes them.
 */
const MESSAGES: Readonly<Record<"member" | "own", Allowance>> = {
  member: { burst: 200, perSecond: 30 },
  own: { burst: 2_000, perSecond: 300 },
};
/** An offer of hours of sound has some hundred kB; others a few. */
const CHARACTERS: Readonly<Record<"member" | "own", Allowance>> = {
  member: { burst: 8 * MEGA, perSecond: (8 * MEGA) / 60 },
  own: { burst: 64 * MEGA, perSecond: (64 * MEGA) / 60 },
};
/** Messages of a link's helpers together, for each helper that it lets in. */
const LINK_MESSAGES_EACH: Allowance = { burst: 10, perSecond: 4 };
/** A link of few may do what one may, and a little more. */
const LINK_LEAST = 2 * MESSAGES.member.burst;
const LINK_CHARACTERS: Allowance = CHARACTERS.own;

/** Full buckets are like new ones: they are forgotten when there are so many. */
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

  /** False, and nothing is taken, where there is less in it. */
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
  /** The holder, or the connection before its hello. A reconnect is the same member. */
  member: string;
  /** Helpers that the link lets in at once, where the token is one. */
  maxContributors: number;
}

/**
 * Messages and characters of everybody who speaks to one coordinator. In memory only: an object that
 * was evicted had nothing to do for a while.
 */
export class MessageBudgets {
  readonly #buckets = new Map<string, Bucket>();
  #forgetAt = KEPT_BUCKETS;

  /** Takes one message of so many characters; false where its sender has said too much. */
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
