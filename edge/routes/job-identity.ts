import { createHash, createHmac } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { createWholeJobRequestSchema } from "../../shared/wire/api.ts";
import { parseJson } from "../../shared/wire/json.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jobIdOf, newJobId, newToken } from "../http/auth.ts";

/** Ids and tokens of a new job. */
export interface JobIdentity {
  jobId: string;
  ownerToken: string;
  /** Whether the same request gives the same job, which may then exist already. */
  isRepeatable: boolean;
}

/** The key must be hard to guess, because a request that repeats it with the same body gets the owner's token. */
const keySchema = z.string().regex(/^[\x21-\x7e]{16,200}$/);

/**
 * A request that is sent twice makes one job. (Browsers repeat requests by themselves when a connection breaks.) It is
 * recognized by its body and its `idempotency-key`, or the upload that it names. Nothing is stored for this: the job's
 * id and the owner's token are derived from both with a secret of the site.
 * @throws TributaryError REQUEST_INVALID for a key that is too short or has spaces
 */
export async function jobIdentity(c: Context<AppEnv>): Promise<JobIdentity> {
  const body = await c.req.text();
  const given = c.req.header("idempotency-key");
  if (given !== undefined && !keySchema.safeParse(given).success) {
    const message = "The idempotency-key has 16 to 200 visible ASCII characters.";
    throw new TributaryError("REQUEST_INVALID", message);
  }
  // The handle of an upload may be longer than a key.
  const key = given ?? uploadOf(body);
  if (key === undefined) {
    return { jobId: newJobId(), ownerToken: newToken(), isRepeatable: false };
  }
  const siteKey = createHmac("sha256", c.env.SIGNING_SECRET).update("job-identity").digest();
  const bodyHash = createHash("sha256").update(body).digest("hex");
  const draw = (what: string): Buffer =>
    createHmac("sha256", siteKey)
      .update(JSON.stringify([what, key, bodyHash]))
      .digest();
  return {
    jobId: jobIdOf(draw("id")),
    ownerToken: draw("owner").toString("base64url"),
    isRepeatable: true,
  };
}

/** The handle of the upload that the body names, if any. */
function uploadOf(body: string): string | undefined {
  if (!body.includes('"upload"')) return undefined;
  return createWholeJobRequestSchema.safeParse(parseJson(body)).data?.source.upload;
}
