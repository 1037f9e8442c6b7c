import { Hono } from "hono";
import { newReportSchema } from "../../shared/wire/operator.ts";
import { addReport, countPlay } from "../catalog/operator.ts";
import { rateLimited, readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jsonBody } from "../http/validated.ts";
import { visibleVideo } from "../http/video-access.ts";
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
    await visibleVideo(c, id);
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
    await visibleVideo(c, id);
    await countPlay(c.env.CATALOG, id);
    return c.body(null, 204);
  },
);
