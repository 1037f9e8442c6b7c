import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";

/** Pages whose address carries an id: one HTML file each, whatever the id. */
export const pageRoutes = new Hono<AppEnv>();

pageRoutes.get("/watch/:id", (c) => c.env.ASSETS.fetch(new URL("/watch", c.req.url)));
pageRoutes.get("/join/:id", (c) => c.env.ASSETS.fetch(new URL("/contribute", c.req.url)));
