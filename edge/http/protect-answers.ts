import { createMiddleware } from "hono/factory";

/**
 * Answers that are no page never act as one, whatever their bytes: nothing in them runs, no site frames
 * them. Pages bring a policy of their own (web/build/page-headers.ts).
 */
export const protectAnswers = createMiddleware(async (c, next) => {
  await next();
  const isPage = c.res.headers.get("content-type")?.startsWith("text/html") === true;
  // A WebSocket's answer takes no further headers.
  if (isPage || c.res.status === 101) return;
  c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  c.header("x-content-type-options", "nosniff");
});
