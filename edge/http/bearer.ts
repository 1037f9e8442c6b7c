import { createMiddleware } from "hono/factory";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken } from "./auth.ts";

/**
 * Provides the bearer token of the request (RFC 6750, 2.1) as `c.var.token`. It is checked by the object that has the
 * token's hash, in the same step as the requested action. Hono's `bearerAuth` would check it earlier, and has its own
 * format of errors.
 * @throws TributaryError UNAUTHORIZED where there is none
 */
export const bearerRequired = createMiddleware<AppEnv & { Variables: { token: string } }>(
  async (c, next) => {
    const token = bearerToken(c.req.header("authorization"));
    if (token === null) {
      throw new TributaryError("UNAUTHORIZED", "A token is missing: Authorization: Bearer ...");
    }
    c.set("token", token);
    await next();
  },
);
