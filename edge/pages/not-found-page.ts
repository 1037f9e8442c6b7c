import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { problemResponse } from "../http/problem.ts";

/** Whether it is a person's browser that opens an address: programs do not ask for HTML by name. */
function isBrowsing(c: Context<AppEnv>): boolean {
  const isReading = c.req.method === "GET" || c.req.method === "HEAD";
  return isReading && c.req.header("accept")?.includes("text/html") === true;
}

/**
 * A 404 in the words of whoever asks: a page for people, problem details for programs.
 * @param problem what programs get
 */
export async function notFoundAnswer(c: Context<AppEnv>, problem: Response): Promise<Response> {
  if (!isBrowsing(c)) return problem;
  const page = await c.env.ASSETS.fetch(new URL("/404", c.req.url)).catch(() => null);
  if (page?.ok !== true) return problem;
  const headers = new Headers(page.headers);
  headers.set("cache-control", "no-store");
  headers.set("vary", "accept");
  headers.delete("etag");
  return new Response(page.body, { status: 404, headers });
}

export function nothingHere(c: Context<AppEnv>): Promise<Response> {
  return notFoundAnswer(c, problemResponse("NOT_FOUND", "Nothing is served at this address."));
}
