import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { openApiDocument } from "../openapi/document.ts";

/**
 * `GET /api/openapi.json` for programs, and `GET /api`, a page that shows the same document to people.
 * @param app all routes that the document describes
 */
export function openApiRoutes(app: Hono<AppEnv>): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/", (c) => c.env.ASSETS.fetch(new URL("/api-reference", c.req.url)))
    .get("/openapi.json", async (c) => {
      const document = await openApiDocument(app, new URL(c.req.url).origin);
      return c.json(document, 200, { "cache-control": "public, max-age=300" });
    });
}
