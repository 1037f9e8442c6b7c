import { TributaryError } from "../../shared/job/errors.ts";
import { isJobId } from "../http/auth.ts";
import type { Pool } from "./pool.ts";

/**
 * The object of a pool.
 * @throws TributaryError POOL_NOT_FOUND for text that cannot be a pool's id; no object is woken for it
 */
export function poolOf(env: Cloudflare.Env, poolId: string): DurableObjectStub<Pool> {
  if (!isJobId(poolId)) throw new TributaryError("POOL_NOT_FOUND", "There is no such pool.");
  return env.POOL.getByName(poolId);
}
