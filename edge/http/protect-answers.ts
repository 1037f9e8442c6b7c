import { createMiddleware } from "hono/factory";

/**
 * Adds headers to answers that are not pages. Whatever their bytes are, browsers run no scripts in them, and no site
 * can frame them. Pages have their own policy (web/build/page-headers.ts).
 */
export const protectAnswers = createMiddleware(async (c, next) => {
  await next();
  const isPage = c.res.headers.get("content-type")?.startsWith("text/html") === true;
  // No headers can be added to the answer that opens a WebSocket.
  if (isPage || c.res.status === 101) return;
  c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  c.header("x-content-type-options", "nosniff");
});
