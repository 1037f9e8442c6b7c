import { z } from "zod";
import { parseJson } from "../../shared/wire/json.ts";
import type { PoolAsk } from "../../shared/wire/pool.ts";
import { randomId } from "../random-id.ts";
import { StringRecord } from "./string-record.ts";

/**
 * The pools that this browser may ask for help, the id by which they recognize its requests, and the tokens
 * by which this device has joined pools.
 */

const JOINS = new StringRecord("tributary.pool-joins");
const POOLS = new StringRecord("tributary.pools");
const REQUESTER = new StringRecord("tributary.requester");
const MOST = 8;

const keptPoolSchema = z.object({ poolId: z.string(), name: z.string(), token: z.string() });
export type KeptPool = z.infer<typeof keptPoolSchema>;

export function keptPools(): KeptPool[] {
  return Object.values(POOLS.read()).flatMap((text) => {
    const parsed = keptPoolSchema.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}

export function keepPool(pool: KeptPool): void {
  POOLS.put(pool.poolId, JSON.stringify(pool), MOST);
}

/** Token of the link by which this device has joined: an installed page has none in its address. */
export function joinToken(poolId: string): string {
  return JOINS.read()[poolId] ?? "";
}

export function keepJoin(poolId: string, token: string): void {
  JOINS.put(poolId, token, MOST);
}

/** Parses a pool’s link for owners; null for any other text. */
export function readAskLink(text: string): { poolId: string; token: string } | null {
  const url = URL.parse(text.trim());
  const [, poolId] = /^\/pool\/([^/]+)\/ask$/.exec(url?.pathname ?? "") ?? [];
  const token = url?.hash.slice(1) ?? "";
  return poolId === undefined || token === "" ? null : { poolId, token };
}

/**
 * Request for a pool's help.
 * @param sharePrivate whether the person agreed that the pool gets chunks of a private video
 */
export function askOf({ poolId, token }: KeptPool, sharePrivate: boolean): PoolAsk {
  const requester = REQUESTER.read()["id"] ?? randomId();
  REQUESTER.put("id", requester, 1);
  return { poolId, token, requester, ...(sharePrivate && { sharePrivate }) };
}
