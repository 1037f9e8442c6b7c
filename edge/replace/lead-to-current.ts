import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { currentVideo } from "../http/video-access.ts";

/** Addresses of pages and of the API. Playback addresses below `/v/` are handled by `playbackRoutes`. */
const NAMED = /^\/(?:watch|embed|api\/(?:videos|jobs))\/([^/]+)/;

/** Answers a request for a video that was replaced as a request for its replacement. */
export function leadToCurrent(
  answer: (
    request: Request,
    env: Cloudflare.Env,
    context: ExecutionContext,
  ) => Response | Promise<Response>,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const address = NAMED.exec(c.req.path)?.[1];
    const id = address === undefined ? undefined : await currentOrSame(c.env, address);
    if (id === address || address === undefined) return next();
    const url = new URL(c.req.url);
    url.pathname = url.pathname.replace(`/${address}`, `/${id}`);
    return answer(new Request(url, c.req.raw), c.env, c.executionCtx as ExecutionContext);
  };
}

/**
 * The id of the current video, or the address itself while the catalogue does not answer. The routes then handle that
 * failure themselves.
 */
function currentOrSame(env: Cloudflare.Env, address: string): Promise<string> {
  return currentVideo(env, address).catch(() => address);
}
