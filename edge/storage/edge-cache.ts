/**
 * Cloudflare's cache of the data centre that a request came to: storage is asked once for what many watch.
 * It holds only what never changes under its address, and is asked only after it is known that the video is
 * there and that everybody with its address may see it.
 */

/** A whole answer; null where the cache does not have it. @param url the same for everybody, without a query */
export async function fromEdgeCache(url: string): Promise<Response | null> {
  return (await caches.default.match(url)) ?? null;
}

/** A part of one that it has. @param last of its bytes, as `first` counted from 0 */
export async function partFromEdgeCache(
  url: string,
  { first, last }: { first: number; last: number },
): Promise<Response | null> {
  const headers = { range: `bytes=${first}-${last}` };
  const part = await caches.default.match(new Request(url, { headers }));
  return part?.status === 206 ? part : null;
}

/** Keeps a copy of a whole answer for others, while it goes out. */
export function intoEdgeCache(
  url: string,
  response: Response,
  context: Pick<ExecutionContext, "waitUntil">,
): void {
  // A cache that is full or fails is no reason for an answer to fail.
  context.waitUntil(caches.default.put(url, response.clone()).catch(() => undefined));
}
