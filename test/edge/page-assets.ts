import notFound from "../../web/404.html?raw";
import contribute from "../../web/contribute.html?raw";
import embed from "../../web/embed.html?raw";
import frameRefused from "../../web/frame-refused.html?raw";
import frameUpload from "../../web/frame-upload.html?raw";
import watch from "../../web/watch.html?raw";

const PAGES: Record<string, string> = {
  "/404": notFound,
  "/contribute": contribute,
  "/embed": embed,
  "/frame-refused": frameRefused,
  "/frame-upload": frameUpload,
  "/watch": watch,
};

/** Takes the place of the build's asset store, because these tests have no build. */
export const PAGE_ASSETS = {
  fetch: async (input: RequestInfo | URL) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const page = PAGES[pathname];
    if (page === undefined) return new Response(null, { status: 404 });
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; page ${pathname}; frame-ancestors 'none'`,
      etag: '"build"',
    };
    return new Response(page, { headers });
  },
} as unknown as Fetcher;
