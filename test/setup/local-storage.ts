import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type Miniflare, type Request, Response } from "miniflare";

const STORAGE_PATH = "/cdn-cgi/local/r2/s3/";

/**
 * Answers each fetch() of the Worker under test from its own local storage, whatever host the presigned URL names.
 * Nothing else is reached.
 */
export async function forwardToLocalStorage(
  request: Request,
  miniflare: Miniflare,
): Promise<Response> {
  const url = new URL(request.url);
  if (!url.pathname.startsWith(STORAGE_PATH)) {
    return new Response(`Tests reach no host outside: ${url.host}`, { status: 502 });
  }
  const instance = await miniflare.ready;
  const body = request.body ? Buffer.from(await request.arrayBuffer()) : undefined;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        hostname: instance.hostname,
        port: instance.port,
        path: url.pathname + url.search,
        method: request.method,
        // A new connection each time. A kept one may be closing at that moment, which would lose the request.
        agent: false,
        // The signature covers the host header, which fetch() would replace.
        headers: { ...Object.fromEntries(request.headers), host: url.host },
      },
      (incoming) => {
        const status = incoming.statusCode ?? 502;
        const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)] as [string, string]],
        );
        const isEmpty = status === 204 || status === 304 || request.method === "HEAD";
        if (isEmpty) incoming.resume();
        resolve(
          new Response(isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream), {
            status,
            headers,
          }),
        );
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
