import { createMiddleware } from "hono/factory";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken } from "./auth.ts";

/**
 * Takes the bearer token of the request (RFC 6750, 2.1) as `c.var.token`. The object that knows the
 * token's hash checks it, in the same step as it does what was asked; hono's `bearerAuth` would check
 * before, and answers in a format of its own.
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
