import { createMiddleware } from "hono/factory";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken, hashToken, tokensMatch } from "./auth.ts";

/** Requests from the machine that it runs on: a developer's, a test's. Cloudflare always names a client. */
const THIS_MACHINE: readonly string[] = ["127.0.0.1", "::1"];

/** Some requests a minute from each address. @throws TributaryError RATE_LIMITED */
export const rateLimited = createMiddleware<AppEnv>(async (c, next) => {
  const key = c.req.header("cf-connecting-ip");
  if (key !== undefined && !THIS_MACHINE.includes(key)) {
    const { success } = await c.env.CREATE_LIMIT.limit({ key });
    if (!success) throw new TributaryError("RATE_LIMITED", "Too many at once; wait a minute.");
  }
  await next();
});

/**
 * Asks for the site's CREATE_TOKEN, where there is one.
 * @throws TributaryError UNAUTHORIZED, FORBIDDEN
 */
export const createTokenRequired = createMiddleware<AppEnv>(async (c, next) => {
  const { CREATE_TOKEN } = c.env;
  if (CREATE_TOKEN) {
    const token = bearerToken(c.req.header("authorization"));
    if (token === null) {
      throw new TributaryError("UNAUTHORIZED", "Creating jobs asks for a token.");
    }
    if (!tokensMatch(token, hashToken(CREATE_TOKEN))) {
      throw new TributaryError("FORBIDDEN", "The token does not allow to create jobs.");
    }
  }
  await next();
});
