import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

export class Coordinator extends DurableObject {}

const app = new Hono<{ Bindings: { ASSETS: Fetcher } }>();
app.get("/watch/:id", (c) => c.env.ASSETS.fetch(new URL("/watch", c.req.url)));
app.get("/join/:id", (c) => c.env.ASSETS.fetch(new URL("/contribute", c.req.url)));

export default app;
