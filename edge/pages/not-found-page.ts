import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { problemResponse } from "../http/problem.ts";
import { type PageWords, pageWords, type Say, VARIES } from "./page-words.ts";
import { inLanguage } from "./render-page.ts";

/** Whether a browser opens the address for a person. Programs do not accept `text/html` explicitly. */
function isBrowsing(c: Context<AppEnv>): boolean {
  const isReading = c.req.method === "GET" || c.req.method === "HEAD";
  return isReading && c.req.header("accept")?.includes("text/html") === true;
}

/** Translates a page: elements with `data-say` get a message as their text, those with `data-label` as their name. */
function inWords(page: Response, words: PageWords): Response {
  return new HTMLRewriter()
    .on("html", inLanguage(words))
    .on("title", {
      element: (element) => {
        element.setInnerContent(`${words.say("nothing.title")} · Tributary`);
      },
    })
    .on("[data-label]", {
      element: (element) => {
        const key = element.getAttribute("data-label") as Parameters<Say>[0];
        element.setAttribute("aria-label", words.say(key));
      },
    })
    .on("[data-say]", {
      element: (element) => {
        element.setInnerContent(words.say(element.getAttribute("data-say") as Parameters<Say>[0]));
      },
    })
    .transform(page);
}

/**
 * A 404: a page in the person's language for browsers, problem details for programs.
 * @param problem the answer for programs
 */
export async function notFoundAnswer(c: Context<AppEnv>, problem: Response): Promise<Response> {
  if (!isBrowsing(c)) return problem;
  const page = await c.env.ASSETS.fetch(new URL("/404", c.req.url)).catch(() => null);
  if (page?.ok !== true) return problem;
  const translated = inWords(page, pageWords(c));
  const headers = new Headers(translated.headers);
  headers.set("cache-control", "no-store");
  headers.set("vary", `accept, ${VARIES}`);
  headers.delete("etag");
  headers.delete("content-length");
  return new Response(translated.body, { status: 404, headers });
}

/** The answer for addresses without a route. */
export function nothingHere(c: Context<AppEnv>): Promise<Response> {
  return notFoundAnswer(c, problemResponse("NOT_FOUND", "Nothing is served at this address."));
}
