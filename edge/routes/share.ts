import { Hono } from "hono";
import {
  type ShareResponse,
  shareRequestSchema,
  shareResponseSchema,
} from "../../shared/wire/api.ts";
import { coordinatorOf, unwrap } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { hashToken, newToken } from "../http/auth.ts";
import { bearerRequired } from "../http/bearer.ts";
import { jsonBody } from "../http/validated.ts";
import { visibleJob } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";

/** Contributor links of a job. All routes need the owner's token. */
export const shareRoutes = new Hono<AppEnv>();

shareRoutes.post(
  "/:id/share",
  describe({
    tag: "Helpers",
    id: "shareJob",
    summary: "Make a link for helpers",
    detail: "Everybody who opens it lends a tab to this job. The token stands behind the `#`.",
    access: "owner",
    answers: { 201: shareResponseSchema },
    errors: [
      "REQUEST_INVALID",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "JOB_NOT_FOUND",
      "JOB_ENDED",
      "RATE_LIMITED",
    ],
  }),
  bearerRequired,
  jsonBody(shareRequestSchema, { optional: true }),
  async (c) => {
    const { expiresInMinutes, maxContributors } = c.req.valid("json");
    const jobId = c.req.param("id");
    await visibleJob(c, jobId);
    const token = newToken();
    const expiresAtMs = Date.now() + expiresInMinutes * 60_000;
    const shared = await coordinatorOf(c.env, jobId).share(c.var.token, {
      hash: hashToken(token),
      role: "contributor",
      link: { expiresAtMs, maxContributors },
    });
    unwrap(shared);
    const { origin } = new URL(c.req.url);
    const link: ShareResponse = {
      joinUrl: `${origin}/join/${jobId}#${token}`,
      expiresAtMs,
      maxContributors,
    };
    return c.json(link, 201, { "cache-control": "no-store" });
  },
);

shareRoutes.delete(
  "/:id/share",
  describe({
    tag: "Helpers",
    id: "revokeShares",
    summary: "End all links for helpers, and send away everybody who came by them",
    access: "owner",
    answers: { 204: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "JOB_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    const jobId = c.req.param("id");
    await visibleJob(c, jobId);
    unwrap(await coordinatorOf(c.env, jobId).revokeShares(c.var.token));
    return c.body(null, 204);
  },
);

shareRoutes.delete(
  "/:id/contributors/:holderId",
  describe({
    tag: "Helpers",
    id: "removeContributor",
    summary: "Send one helper away",
    access: "owner",
    answers: { 204: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "JOB_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    const { id, holderId } = c.req.param();
    await visibleJob(c, id);
    unwrap(await coordinatorOf(c.env, id).removeContributor(c.var.token, holderId));
    return c.body(null, 204);
  },
);
