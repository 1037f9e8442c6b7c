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
  /** The same request brings the same job: it may be there already. */
  isRepeatable: boolean;
}

/** Must be hard to guess: a request that repeats it with the same body is answered with the owner's token. */
const keySchema = z.string().regex(/^[\x21-\x7e]{16,200}$/);

/**
 * A request that is sent twice (browsers do so by themselves, when a kept connection breaks) makes one
 * job: by its `idempotency-key`, or by the upload that it names, and its body. Nothing is stored for it:
 * id and token are drawn from both with a key of this site.
 * @throws TributaryError REQUEST_INVALID for a key that is too short or has spaces
 */
export async function jobIdentity(c: Context<AppEnv>): Promise<JobIdentity> {
  const body = await c.req.text();
  const given = c.req.header("idempotency-key");
  if (given !== undefined && !keySchema.safeParse(given).success) {
    const message = "The idempotency-key has 16 to 200 visible ASCII characters.";
    throw new TributaryError("REQUEST_INVALID", message);
  }
  // An upload's handle is longer.
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

/** The handle of the upload that is to be made, where the body names one. */
function uploadOf(body: string): string | undefined {
  if (!body.includes('"upload"')) return undefined;
  return createWholeJobRequestSchema.safeParse(parseJson(body)).data?.source.upload;
}
