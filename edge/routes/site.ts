import { Hono } from "hono";
import { type Site, siteSchema } from "../../shared/wire/api.ts";
import type { AppEnv } from "../http/app-env.ts";
import { describe } from "../openapi/describe.ts";
import { canServe } from "../servers/servers.ts";

/** `GET /api/site`: what this deployment offers. */
export const siteRoutes = new Hono<AppEnv>();

siteRoutes.get(
  "/",
  describe({
    tag: "Site",
    id: "site",
    summary: "What this site offers",
    access: "anyone",
    answers: { 200: siteSchema },
    errors: [],
  }),
  async (c) => {
    const site: Site = { servers: await canServe(c.env), createToken: Boolean(c.env.CREATE_TOKEN) };
    return c.json(site, 200, { "cache-control": "public, max-age=5" });
  },
);
