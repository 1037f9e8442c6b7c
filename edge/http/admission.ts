import { isIP } from "node:net";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import ipaddr from "ipaddr.js";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken, hashToken, tokensMatch } from "./auth.ts";
import { judgeUploadToken } from "./upload-token.ts";

/**
 * Addresses of requests from this machine itself, by a developer or a test. Cloudflare always states the client's
 * address.
 */
const THIS_MACHINE: readonly string[] = ["127.0.0.1", "::1"];

/**
 * Limits requests that create something, per minute and client address.
 * @throws TributaryError RATE_LIMITED
 */
export const rateLimited = limitedBy("CREATE_LIMIT");

/**
 * Limits public reads of a job, per minute and client address. A classroom that shares one address has enough.
 * @throws TributaryError RATE_LIMITED
 */
export const readLimited = limitedBy("READ_LIMIT");

function limitedBy(limit: "CREATE_LIMIT" | "READ_LIMIT") {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = clientOf(c);
    if (key !== null) {
      const { success } = await c.env[limit].limit({ key });
      if (!success) throw new TributaryError("RATE_LIMITED", "Too many at once; wait a minute.");
    }
    await next();
  });
}

/**
 * The key under which a request counts for limits: the client's address, or its /64 for IPv6, where a client can use
 * any number of addresses. Null for requests from this machine itself.
 */
export function clientOf(c: Context<AppEnv>): string | null {
  const address = c.req.header("cf-connecting-ip");
  if (address === undefined || THIS_MACHINE.includes(address)) return null;
  return isIP(address) === 0 ? address : clientPrefix(address);
}

function clientPrefix(text: string): string {
  const address = ipaddr.process(text);
  const bytes = address.toByteArray();
  return address.kind() === "ipv4" ? bytes.join(".") : `/64 ${bytes.slice(0, 8).join(".")}`;
}

/**
 * Requires the site's CREATE_TOKEN, where there is one, or an upload token that was issued with it.
 * @throws TributaryError UNAUTHORIZED, FORBIDDEN, UPLOAD_TOKEN_OVER
 */
export const createTokenRequired = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c.req.header("authorization"));
  const judged = token === null ? "none" : judgeUploadToken(c.env, token, Date.now());
  if (judged === "over") {
    throw new TributaryError("UPLOAD_TOKEN_OVER", "The permission to make videos has expired.");
  }
  if (judged === "none") requireSiteKey(c.env, token);
  await next();
});

/**
 * Requires the site's CREATE_TOKEN itself, where there is one.
 * @throws TributaryError UNAUTHORIZED, FORBIDDEN
 */
export const siteKeyRequired = createMiddleware<AppEnv>(async (c, next) => {
  requireSiteKey(c.env, bearerToken(c.req.header("authorization")));
  await next();
});

function requireSiteKey({ CREATE_TOKEN }: Cloudflare.Env, token: string | null): void {
  if (!CREATE_TOKEN) return;
  if (token === null) {
    throw new TributaryError("UNAUTHORIZED", "Creating jobs asks for a token.");
  }
  if (!tokensMatch(token, hashToken(CREATE_TOKEN))) {
    throw new TributaryError("FORBIDDEN", "The token does not allow to create jobs.");
  }
}
