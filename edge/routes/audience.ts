import { type Context, Hono } from "hono";
import { newReportSchema } from "../../shared/wire/operator.ts";
import { addReport, countPlay } from "../catalog/operator.ts";
import { findVideoState } from "../catalog/owners.ts";
import { rateLimited, readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jsonBody } from "../http/validated.ts";
import { notVisible, visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";

/** `/api/videos/:id/reports` and `/plays`: requests of viewers. */
export const audienceRoutes = new Hono<AppEnv>();

audienceRoutes.post(
  "/:id/reports",
  describe({
    tag: "Videos",
    id: "reportVideo",
    summary: "Report a video to the site's operator",
    access: "private",
    answers: { 204: null },
    errors: ["NOT_FOUND", "REQUEST_INVALID", "RATE_LIMITED"],
  }),
  rateLimited,
  jsonBody(newReportSchema),
  async (c) => {
    const id = c.req.param("id");
    await knownVideo(c, id);
    await addReport(c.env.CATALOG, id, c.req.valid("json"), Date.now());
    return c.body(null, 204);
  },
);

audienceRoutes.post(
  "/:id/plays",
  describe({
    tag: "Videos",
    id: "countPlay",
    summary: "Count that somebody began to watch",
    detail: "Our own player does, once a page. Nothing of who it was is kept.",
    access: "private",
    answers: { 204: null },
    errors: ["NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  async (c) => {
    const id = c.req.param("id");
    await knownVideo(c, id);
    await countPlay(c.env.CATALOG, id);
    return c.body(null, 204);
  },
);

/**
 * Refuses ids of no video: an operator's list would be full of them.
 * @throws TributaryError as `visibleVideo`
 */
async function knownVideo(c: Context<AppEnv>, id: string): Promise<void> {
  const access = await visibleVideo(c, id);
  // Videos from before there were owners have no owner row.
  if (access.isKnown || (await findVideoState(c.env.CATALOG, id)) !== null) return;
  throw notVisible(access, "NOT_FOUND");
}
