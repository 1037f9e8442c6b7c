import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";

/** Pages whose address carries an id: one HTML file each, whatever the id. */
export const pageRoutes = new Hono<AppEnv>();

pageRoutes.get("/watch/:id", async (c) => {
  const page = await c.env.ASSETS.fetch(new URL("/watch", c.req.url));
  return c.req.query("embed") === undefined ? page : framedAnywhere(page);
});
pageRoutes.get("/join/:id", (c) => c.env.ASSETS.fetch(new URL("/contribute", c.req.url)));

/** The player alone, for other sites' pages: the rest of the headers stays (web/build/page-headers.ts). */
function framedAnywhere(page: Response): Response {
  const policy = page.headers.get("content-security-policy") ?? "";
  const framed = new Response(page.body, page);
  framed.headers.set(
    "content-security-policy",
    policy.replace("frame-ancestors 'none'", "frame-ancestors *"),
  );
  return framed;
}
