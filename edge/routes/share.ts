import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { type ShareResponse, shareRequestSchema } from "../../shared/wire/api.ts";
import type { Result } from "../coordinator/coordinator.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken, hashToken, newToken } from "../http/auth.ts";

/** Contributor links of a job; all of it is the owner's, by its token. */
export const shareRoutes = new Hono<AppEnv>();

shareRoutes.post("/:id/share", async (c) => {
  const parsed = shareRequestSchema.safeParse(await c.req.json().catch(() => ({})));
  if (!parsed.success) {
    throw new TributaryError(
      "REQUEST_INVALID",
      parsed.error.issues[0]?.message ?? "Not understood.",
    );
  }
  const { expiresInMinutes, maxContributors } = parsed.data;
  const jobId = c.req.param("id");
  const token = newToken();
  const expiresAtMs = Date.now() + expiresInMinutes * 60_000;
  const result = await coordinatorOf(c.env, jobId).share(
    ownerToken(c.req.header("authorization")),
    {
      hash: hashToken(token),
      role: "contributor",
      link: { expiresAtMs, maxContributors },
    },
  );
  unwrap(result);
  const { origin } = new URL(c.req.url);
  const shared: ShareResponse = {
    joinUrl: `${origin}/join/${jobId}#${token}`,
    expiresAtMs,
    maxContributors,
  };
  return c.json(shared, 201, { "cache-control": "no-store" });
});

shareRoutes.delete("/:id/share", async (c) => {
  const token = ownerToken(c.req.header("authorization"));
  unwrap(await coordinatorOf(c.env, c.req.param("id")).revokeShares(token));
  return c.body(null, 204);
});

shareRoutes.delete("/:id/contributors/:holderId", async (c) => {
  const token = ownerToken(c.req.header("authorization"));
  const { id, holderId } = c.req.param();
  unwrap(await coordinatorOf(c.env, id).removeContributor(token, holderId));
  return c.body(null, 204);
});

function ownerToken(authorization: string | undefined): string {
  const token = bearerToken(authorization);
  if (token === null) throw new TributaryError("UNAUTHORIZED", "The owner's token is missing.");
  return token;
}

function unwrap(result: Result<null>): void {
  if (!result.ok) throw new TributaryError(result.error.code, result.error.message);
}
