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

/** The most contributor links of a job. */
const MAX_LINKS = 20;

/** Why a request is refused, for programs and for people. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** The most members of the pool that a job admits. They are admitted by their passes. */
const MOST_POOL_MEMBERS = 1_000;

/** The identity behind a token. */
export interface Speaker {
  /** The token's hash. */
  principal: string;
  role: Role;
  /** Facts from the pass of a pool member; null for other roles and for contributors by a link. */
  member: ArrivingMember | null;
}

const UNKNOWN_TOKEN: Refusal = {
  code: "UNAUTHORIZED",
  message: "The token does not open this job.",
};

/** The tokens that admit to a job, stored as hashes, and the role that each gives. Changes are stored at once. */
export class Admission {
  readonly #store: Store;
  #tokens: TokenRecord[];

  /** @param tokens the stored tokens */
  constructor(store: Store, tokens: readonly TokenRecord[]) {
    this.#store = store;
    this.#tokens = [...tokens];
  }

  isOwner(token: string | null): boolean {
    const owners = this.#tokens.filter(({ role }) => role === "owner");
    return token !== null && owners.some(({ hash }) => tokensMatch(token, hash));
  }

  /** The identity behind a token, or why there is none. */
  identify(token: string, nowMs: number): Speaker | { refusal: Refusal } {
    const record = this.#tokens.find(({ hash }) => tokensMatch(token, hash));
    if (record === undefined) return { refusal: UNKNOWN_TOKEN };
    const refusal = expiry(record, nowMs);
    return refusal === null
      ? { principal: record.hash, role: record.role, member: null }
      : { refusal };
  }

  /** As `identify`, for a member's pass of the job's pool. */
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

  /**
   * The most contributors that the principal's link admits at once; 0 for a token that is not a link. Null: there is no
   * such token (any more).
   */
  mostContributors(principal: string): number | null {
    const record = this.#tokens.find(({ hash }) => hash === principal);
    return record === undefined ? null : (record.link?.maxContributors ?? 0);
  }

  /**
   * The id of a holder that says hello on a socket of this principal, or why it is not admitted.
   * @param name the secret name that the holder chose
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
   * Adds a token that admits servers.
   * @param holderId the id of the server that was called; default: each server gets an id of its own
   */
  addServer(hash: string, holderId?: string): void {
    this.#add({ hash, role: "server", ...(holderId === undefined ? {} : { holderId }) });
  }

  /** Adds a contributor link. Expired links are deleted first. Returns null, or why the link was not added. */
  addLink(link: TokenRecord, nowMs: number): Refusal | null {
    this.#delete((token) => token.link !== undefined && token.link.expiresAtMs <= nowMs);
    if (this.#tokens.filter(({ isOfPool }) => isOfPool !== true).length > MAX_LINKS) {
      return { code: "RATE_LIMITED", message: "Too many links; revoke some." };
    }
    this.#add(link);
    return null;
  }

  /**
   * Deletes the owner's links, but not the pool's.
   * @returns the principals of the links
   */
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

/** Why a contributor link admits nobody else; null when it does. */
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
