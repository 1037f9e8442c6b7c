import type { ErrorCode } from "../../shared/job/errors.ts";
import type { Role } from "../../shared/wire/protocol.ts";
import { tokensMatch } from "../http/auth.ts";
import { memberId } from "./identity.ts";
import type { State } from "./schedule/state/state.ts";
import type { Store } from "./store.ts";
import type { TokenRecord } from "./stored-rows.ts";

/** A job has this many contributor links at most. */
const MAX_LINKS = 20;

export interface Refusal {
  code: ErrorCode;
  message: string;
}

const UNKNOWN_TOKEN: Refusal = {
  code: "UNAUTHORIZED",
  message: "The token does not open this job.",
};

/** Who may come to a job, and as what: its tokens, by their hashes. Each change is stored at once. */
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

  /** Whether a token opens the job to anybody: its owner, a server, a link that is not over. */
  knows(token: string | null, nowMs: number): boolean {
    if (token === null) return false;
    const record = this.#tokens.find(({ hash }) => tokensMatch(token, hash));
    return record !== undefined && (record.link === undefined || record.link.expiresAtMs > nowMs);
  }

  /**
   * What a hello's token stands for, and the id of the holder that says it; or why it lets nobody in.
   * @param name the holder's name for itself
   */
  admit(
    { token, role, name }: { token: string; role: Role; name: string },
    state: State,
    nowMs: number,
  ): { principal: string; holderId: string } | { refusal: Refusal } {
    const record = this.#tokens.find(({ hash }) => tokensMatch(token, hash));
    if (record === undefined || record.role !== role) return { refusal: UNKNOWN_TOKEN };
    const { hash: principal, holderId: called } = record;
    const holderId = called ?? memberId({ principal, role, name }, state.holders);
    const refusal = linkRefusal(record, holderId, state, nowMs);
    return refusal === null ? { principal, holderId } : { refusal };
  }

  /** Whoever has this token may come as a server. @param holderId as this one, where it was called */
  addServer(hash: string, holderId?: string): void {
    this.#add({ hash, role: "server", ...(holderId === undefined ? {} : { holderId }) });
  }

  /** A contributor link; links that are over make room. Null, or why there cannot be one. */
  addLink(link: TokenRecord, nowMs: number): Refusal | null {
    this.#delete((token) => token.link !== undefined && token.link.expiresAtMs <= nowMs);
    if (this.#tokens.length > MAX_LINKS) {
      return { code: "RATE_LIMITED", message: "Too many links; revoke some." };
    }
    this.#add(link);
    return null;
  }

  /** @returns who came by them, as `admit` calls them */
  revokeLinks(): string[] {
    return this.#delete(({ role }) => role === "contributor");
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

/** Why a contributor link lets nobody (more) in; null when it does. */
function linkRefusal(
  { hash, link }: TokenRecord,
  holderId: string,
  state: State,
  nowMs: number,
): Refusal | null {
  if (link === undefined) return null;
  if (link.expiresAtMs <= nowMs) {
    return { code: "LINK_EXPIRED", message: "The link is no longer valid." };
  }
  const others = [...state.holders.values()].filter(({ id, principal, connectionId }) => {
    return principal === hash && connectionId !== null && id !== holderId;
  });
  if (others.length < link.maxContributors) return null;
  return { code: "LINK_FULL", message: "This video has all the helpers it can take." };
}
