import type { Page } from "playwright";

/**
 * Counts the bytes, as sent, that a page and its workers fetch of the site itself from now on: documents, scripts,
 * styles and wasm. Video data and answers of the API do not count.
 */
export function countDownloads(page: Page): () => Promise<number> {
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    const { pathname, protocol } = new URL(request.url());
    if (!protocol.startsWith("http") || /^\/(api|v|cdn-cgi)\//.test(pathname)) return;
    // Without an answer where the page was closed.
    const size = request.sizes().then(({ responseBodySize }) => responseBodySize);
    sizes.push(size.catch(() => 0));
  });
  return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
