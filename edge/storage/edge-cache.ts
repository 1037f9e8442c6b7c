/**
 * The cache of the Cloudflare data centre that handles the request, so that storage is read only once for many viewers.
 * It holds only content that never changes under its address. It is used only after a check that the video exists and
 * that everybody with its address may see it.
 */

/**
 * A whole answer; null where the cache does not have it.
 * @param url the same for all requests, without a query
 */
export async function fromEdgeCache(url: string): Promise<Response | null> {
  return (await caches.default.match(url)) ?? null;
}

/**
 * A part of an answer that the cache has; null where it cannot give one.
 * @param last position of the last byte; like `first`, counted from 0
 */
export async function partFromEdgeCache(
  url: string,
  { first, last }: { first: number; last: number },
): Promise<Response | null> {
  const headers = { range: `bytes=${first}-${last}` };
  const part = await caches.default.match(new Request(url, { headers }));
  return part?.status === 206 ? part : null;
}

/** Stores a copy of a whole answer for later requests, while the answer is sent. */
export function intoEdgeCache(
  url: string,
  response: Response,
  context: Pick<ExecutionContext, "waitUntil">,
): void {
  // A failure of the cache must not make the answer fail.
  context.waitUntil(caches.default.put(url, response.clone()).catch(() => undefined));
}
