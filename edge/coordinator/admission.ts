import type { ErrorCode } from "../../shared/job/errors.ts";
import type { PoolPass } from "../../shared/wire/pool.ts";
import type { Role } from "../../shared/wire/protocol.ts";
import { tokensMatch } from "../http/auth.ts";
import { mostNames } from "./budgets.ts";
import { memberId } from "./identity.ts";
import type { ArrivingMember } from "./schedule/holders.ts";
import { usedUp } from "./schedule/results/upload-budget.ts";
import type { State } from "./schedule/state/state.ts";
import type { Store } from "./store.ts";
import type { TokenRecord } from "./stored-rows.ts";

/** A job has this many contributor links at most. */
const MAX_LINKS = 20;

export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** A pool's link at a job: its members are let in by their passes, up to this number. */
const MOST_POOL_MEMBERS = 1_000;

/** Whom a token stands for. */
export interface Speaker {
  /** The token's hash. */
  principal: string;
  role: Role;
  /** Facts from the pass of a pool's member; null for others. */
  member: ArrivingMember | null;
}

const UNKNOWN_TOKEN: Refusal = {
  code: "UNAUTHORIZED",
  message: "The token does not open this job.",
};

/** The tokens that open a job, by their hashes, and the role that each gives. Each change is stored at once. */
export class Admission {
  readonly #store: Store;
  #tokens: TokenRecord[];

  /** @param tokens what the store holds */
  constructor(store: Store, tokens: readonly TokenRecord[]) {
    this.#store = store;
    this.#tokens = [...tokens];
  }

  isOwner(token: string | null): boolean {
    const owners = this.#tokens.filter(({ role }) => role === "owner");
    return token !== null && owners.some(({ hash }) => tokensMatch(token, hash));
  }

  /** For whom a token speaks, or why for nobody. */
  identify(token: string, nowMs: number): Speaker | { refusal: Refusal } {
    const record = this.#tokens.find(({ hash }) => tokensMatch(token, hash));
    if (record === undefined) return { refusal: UNKNOWN_TOKEN };
    const refusal = expiry(record, nowMs);
    return refusal === null
      ? { principal: record.hash, role: record.role, member: null }
      : { refusal };
  }

  /** As `identify`, for a pass of the job's pool. */
  identifyMember(pass: PoolPass, nowMs: number): Speaker | { refusal: Refusal } {
    if (pass.expiresAtMs <= nowMs) {
      return { refusal: { code: "LINK_EXPIRED", message: "The pass is over." } };
    }
    const { principal, memberId, proven, pixelsPerMs } = pass;
    if (!this.#tokens.some(({ hash }) => hash === principal)) {
      const link = { expiresAtMs: Number.MAX_SAFE_INTEGER, maxContributors: MOST_POOL_MEMBERS };
      this.#add({ hash: principal, role: "contributor", link, isOfPool: true });
    }
    return { principal, role: "contributor", member: { memberId, proven, pixelsPerMs } };
  }

  /** Helpers that the principal's link lets in at once; 0 where it is no link. Null: it has no token (any more). */
  mostContributors(principal: string): number | null {
    const record = this.#tokens.find(({ hash }) => hash === principal);
    return record === undefined ? null : (record.link?.maxContributors ?? 0);
  }

  /**
   * The id of the holder that says hello through a socket of this principal; or why it is not let in.
   * @param name the holder's name for itself
   */
  admit(
    { principal, role, name }: { principal: string; role: Role; name: string },
    state: State,
    nowMs: number,
  ): { holderId: string } | { refusal: Refusal } {
    const record = this.#tokens.find(({ hash }) => hash === principal);
    if (record === undefined || record.role !== role) return { refusal: UNKNOWN_TOKEN };
    const holderId = record.holderId ?? memberId({ principal, role, name }, state.holders);
    const refusal =
      expiry(record, nowMs) ?? exhaustion(record, state) ?? crowding(record, holderId, state);
    return refusal === null ? { holderId } : { refusal };
  }

  /**
   * Admits servers by a token.
   * @param holderId the id that a called server gets; default: one for each that comes
   */
  addServer(hash: string, holderId?: string): void {
    this.#add({ hash, role: "server", ...(holderId === undefined ? {} : { holderId }) });
  }

  /** A contributor link; links that are over make room. Null, or why there cannot be one. */
  addLink(link: TokenRecord, nowMs: number): Refusal | null {
    this.#delete((token) => token.link !== undefined && token.link.expiresAtMs <= nowMs);
    if (this.#tokens.filter(({ isOfPool }) => isOfPool !== true).length > MAX_LINKS) {
      return { code: "RATE_LIMITED", message: "Too many links; revoke some." };
    }
    this.#add(link);
    return null;
  }

  /** The owner's own links; the pool's is another matter. @returns who came by them, as `admit` calls them */
  revokeLinks(): string[] {
    return this.#delete(({ role, isOfPool }) => role === "contributor" && isOfPool !== true);
  }

  revokePool(): void {
    this.#delete(({ isOfPool }) => isOfPool === true);
  }

  #add(token: TokenRecord): void {
    this.#tokens.push(token);
    this.#store.putToken(token);
  }

  #delete(which: (token: TokenRecord) => boolean): string[] {
    const gone = this.#tokens.filter(which);
    this.#tokens = this.#tokens.filter((token) => !gone.includes(token));
    for (const { hash } of gone) this.#store.deleteToken(hash);
    return gone.map(({ hash }) => hash);
  }
}

function expiry({ link }: TokenRecord, nowMs: number): Refusal | null {
  if (link === undefined || link.expiresAtMs > nowMs) return null;
  return { code: "LINK_EXPIRED", message: "The link is no longer valid." };
}

function exhaustion({ hash, link }: TokenRecord, { job, plan }: State): Refusal | null {
  const message = link === undefined ? null : usedUp(job, plan, hash);
  return message === null ? null : { code: "LINK_EXPIRED", message };
}

/** Why a contributor link lets nobody more in; null when it does. */
function crowding({ hash, link }: TokenRecord, holderId: string, state: State): Refusal | null {
  if (link === undefined) return null;
  const others = [...state.holders.values()].filter(({ id, principal }) => {
    return principal === hash && id !== holderId;
  });
  const here = others.filter(({ connectionId }) => connectionId !== null);
  const isNew = !state.holders.has(holderId);
  const isFull =
    here.length >= link.maxContributors ||
    (isNew && others.length >= mostNames(link.maxContributors));
  if (!isFull) return null;
  return { code: "LINK_FULL", message: "This video has all the helpers it can take." };
}
