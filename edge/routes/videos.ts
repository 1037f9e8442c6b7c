import { Hono } from "hono";
import { z } from "zod";
import { TributaryError } from "../../shared/errors.ts";
import type { AppEnv } from "../app.ts";
import { listVideos } from "../catalog/videos.ts";

const querySchema = z.object({
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  state: z.enum(["planned", "ready", "failed", "cancelled"]).optional(),
});

/** `GET /api/videos`: the catalogue, the newest first, page by page. */
export const videoRoutes = new Hono<AppEnv>();

videoRoutes.get("/", async (c) => {
  const query = querySchema.safeParse(c.req.query());
  if (!query.success) throw new TributaryError("REQUEST_INVALID", "The query was not understood.");
  const { cursor = null, state = null, limit } = query.data;
  const page = await listVideos(c.env.CATALOG, { after: cursor, state, limit });
  if (page === null) throw new TributaryError("REQUEST_INVALID", "The cursor was not understood.");
  return c.json(page, 200, { "cache-control": "no-store" });
});
