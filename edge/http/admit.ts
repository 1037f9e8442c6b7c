import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken, hashToken, tokensMatch } from "./auth.ts";

/** Whether this client may make something here now. @throws TributaryError RATE_LIMITED, UNAUTHORIZED, FORBIDDEN */
export async function admit(c: Context<AppEnv>): Promise<void> {
  await limit(c);
  const { CREATE_TOKEN } = c.env;
  if (!CREATE_TOKEN) return;
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) throw new TributaryError("UNAUTHORIZED", "Creating jobs asks for a token.");
  if (!tokensMatch(token, hashToken(CREATE_TOKEN))) {
    throw new TributaryError("FORBIDDEN", "The token does not allow to create jobs.");
  }
}

/** Who asks from the machine that it runs on: a developer, tests. Cloudflare always names a client. */
const THIS_MACHINE: readonly string[] = ["127.0.0.1", "::1"];

/** @throws TributaryError RATE_LIMITED */
export async function limit(c: Context<AppEnv>): Promise<void> {
  const key = c.req.header("cf-connecting-ip");
  if (key === undefined || THIS_MACHINE.includes(key)) return;
  const { success } = await c.env.CREATE_LIMIT.limit({ key });
  if (!success) throw new TributaryError("RATE_LIMITED", "Too many at once; wait a minute.");
}
