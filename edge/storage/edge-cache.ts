/**
 * Cloudflare's cache of the data centre that a request came to: storage is asked once for what many watch.
 * It holds only what never changes under its address, and is asked only after it is known that the video is
 * there and that everybody with its address may see it.
 */

/** What of a request the cache needs. */
export interface CachedRequest {
  /** The same for everybody; without a query, so that nobody fills the cache with copies. */
  url: string;
  method: string;
  headers: Headers;
}

/** Headers by which the cache answers in part, or not at all (RFC 9110, 13.1 and 14.2). */
const CONDITIONS = ["range", "if-none-match", "if-range"];

/** Null where the cache does not have it. */
export async function fromEdgeCache(request: CachedRequest): Promise<Response | null> {
  const headers = new Headers();
  for (const name of CONDITIONS) {
    const value = request.headers.get(name);
    if (value !== null && request.method === "GET") headers.set(name, value);
  }
  const found = await caches.default.match(new Request(request.url, { headers }));
  if (found === undefined) return null;
  return new Response(request.method === "HEAD" ? null : found.body, found);
}

/**
 * Keeps a whole answer for others; the cache takes it while it goes out.
 * @returns the answer to give
 */
export function intoEdgeCache(
  request: CachedRequest,
  response: Response,
  context: Pick<ExecutionContext, "waitUntil">,
): Response {
  if (request.method !== "GET" || response.status !== 200) return response;
  // A full or failing cache is no reason for an answer to fail.
  context.waitUntil(caches.default.put(request.url, response.clone()).catch(() => undefined));
  return response;
}
