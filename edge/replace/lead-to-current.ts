import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { currentVideo } from "../http/video-access.ts";

/** Pages and API. What players fetch below `/v/` finds the video by itself: `playbackRoutes`. */
const NAMED = /^\/(?:watch|embed|api\/(?:videos|jobs))\/([^/]+)/;

/** Answers a request for a video that was replaced as one for the video that took its place. */
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

/** While the catalogue does not answer, the routes say so themselves, or do without. */
function currentOrSame(env: Cloudflare.Env, address: string): Promise<string> {
  return currentVideo(env, address).catch(() => address);
}
