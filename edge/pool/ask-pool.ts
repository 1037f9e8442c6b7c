import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { PoolAsk } from "../../shared/wire/pool.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { unwrap } from "../coordinator/coordinator-stub.ts";
import { clientOf } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { hashToken } from "../http/auth.ts";
import { poolOf } from "./pool-stub.ts";

/** Requester for requests from this machine itself that state none. */
const LOCAL_OWNER = "this machine";

/**
 * Announces a new job to a pool.
 * @returns the job's record of the pool
 * @throws TributaryError POOL_CONSENT_MISSING, POOL_NOT_FOUND, UNAUTHORIZED, LINK_EXPIRED, RATE_LIMITED
 */
export async function askPool(
  c: Context<AppEnv>,
  { poolId, token, requester, sharePrivate = false }: PoolAsk,
  { jobId, title, visibility }: { jobId: string; title: string; visibility: Visibility },
): Promise<{ id: string; name: string; sharePrivate: boolean }> {
  if (visibility === "private" && !sharePrivate) {
    throw new TributaryError(
      "POOL_CONSENT_MISSING",
      "Pieces of a private video go to a pool's machines only with pool.sharePrivate.",
    );
  }
  // A hash does not reveal the owner. It only shows that two jobs have the same one.
  const owner = hashToken(`${poolId} ${requester ?? clientOf(c) ?? LOCAL_OWNER}`).slice(0, 16);
  const { name } = unwrap(await poolOf(c.env, poolId).ask(token, { jobId, title, owner }));
  return { id: poolId, name, sharePrivate };
}
