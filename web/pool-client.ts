import { z } from "zod";
import {
  type CreatePoolResponse,
  createPoolResponseSchema,
  type PoolFacts,
  type PoolLink,
  type PoolLinkRequest,
  type PoolOverview,
  type PoolPatch,
  poolFactsSchema,
  poolLinkSchema,
  poolOverviewSchema,
  poolTicketSchema,
} from "../shared/wire/pool.ts";
import { EdgeCalls } from "./edge-calls.ts";

/** Typed calls to the API of pools. */
export class PoolClient {
  readonly #edge: EdgeCalls;

  /** @param origin of the site, no slash at the end */
  constructor(origin: string) {
    this.#edge = new EdgeCalls(origin);
  }

  /** A pool's name and size. Needs any of its tokens. */
  facts(poolId: string, token: string, signal?: AbortSignal): Promise<PoolFacts> {
    return this.#edge.call("GET", `/api/pools/${poolId}`, poolFactsSchema, { token, signal });
  }

  /** Members, queue and use of a pool. Needs the operator's token. */
  overview(poolId: string, token: string, signal?: AbortSignal): Promise<PoolOverview> {
    return this.#edge.call("GET", `/api/pools/${poolId}/overview`, poolOverviewSchema, {
      token,
      signal,
    });
  }

  /**
   * Creates a pool.
   * @param token the site's key, where the site asks for one
   */
  create(name: string, token?: string): Promise<CreatePoolResponse> {
    return this.#edge.call("POST", "/api/pools", createPoolResponseSchema, {
      token,
      body: { name },
    });
  }

  /** Needs the operator's token. */
  change(poolId: string, token: string, body: PoolPatch): Promise<PoolOverview> {
    return this.#edge.call("PATCH", `/api/pools/${poolId}`, poolOverviewSchema, { token, body });
  }

  /** Closes it for good; videos that it helps with go on without it. Needs the operator's token. */
  async end(poolId: string, token: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/pools/${poolId}`, z.unknown(), { token });
  }

  /** Needs the operator's token. */
  addLink(poolId: string, token: string, body: PoolLinkRequest): Promise<PoolLink> {
    return this.#edge.call("POST", `/api/pools/${poolId}/links`, poolLinkSchema, { token, body });
  }

  /** Needs the operator's token. */
  async endLink(poolId: string, token: string, linkId: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/pools/${poolId}/links/${linkId}`, z.unknown(), { token });
  }

  /** Needs the operator's token. */
  async removeMember(poolId: string, token: string, memberId: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/pools/${poolId}/members/${memberId}`, z.unknown(), {
      token,
    });
  }

  /** A ticket for the pool's socket. Needs the token of a link for members. */
  async ticket(poolId: string, token: string, signal?: AbortSignal): Promise<string> {
    const path = `/api/pools/${poolId}/ticket`;
    return (await this.#edge.call("POST", path, poolTicketSchema, { token, signal })).ticket;
  }

  socketUrl(poolId: string, ticket: string): string {
    return this.#edge.socketUrl(`/api/pools/${poolId}/socket?ticket=${ticket}`);
  }
}
