import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { openApiDocument } from "../openapi/document.ts";
import { apiPage } from "../openapi/page.ts";

/** `GET /api` for people, `GET /api/openapi.json` for programs. */
export const openApiRoutes = new Hono<AppEnv>();

openApiRoutes.get("/", (c) => c.html(apiPage(new URL(c.req.url).origin)));
openApiRoutes.get("/openapi.json", (c) =>
  c.json(openApiDocument(new URL(c.req.url).origin), 200, {
    "cache-control": "public, max-age=300",
  }),
);
