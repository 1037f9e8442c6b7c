import type { Markup } from "./page-head.ts";
import { type PageWords, VARIES } from "./page-words.ts";

/** The parts of a built page that differ between requests. */
export interface PageContent {
  title: string;
  description: string;
  /** Appended to the page's head. */
  head: Markup | string;
  /** Shown in the page's body until its script has run, and to clients that run no scripts. */
  body: Markup | string;
  status: 200 | 401 | 404;
}

type Words = Pick<PageWords, "language" | "direction">;

/**
 * A page of the build with its own head. The build's headers, such as the Content Security Policy, are kept.
 * @param page the answer of the asset store
 */
export async function renderPage(
  page: Response,
  { title, description, head, body, status }: PageContent,
  words: Words,
): Promise<Response> {
  const [headMarkup, bodyMarkup] = [String(await head), String(await body)];
  const rewritten = new HTMLRewriter()
    .on("html", inLanguage(words))
    .on("title", {
      element: (element) => {
        element.setInnerContent(title);
      },
    })
    .on('meta[name="description"]', {
      element: (element) => {
        // `setAttribute` escapes only quotes.
        element.setAttribute("content", description.replaceAll("&", "&amp;"));
      },
    })
    .on("head", {
      element: (element) => {
        element.append(headMarkup, { html: true });
      },
    })
    .on("#page", {
      element: (element) => {
        element.setInnerContent(bodyMarkup, { html: true });
      },
    })
    .transform(page);
  const headers = new Headers(rewritten.headers);
  // The answer shows one video in its present state.
  headers.set("cache-control", "no-cache");
  headers.set("vary", VARIES);
  headers.delete("etag");
  headers.delete("content-length");
  return new Response(rewritten.body, { status, headers });
}

/** Sets the language and direction of a page's `html` element. */
export function inLanguage({ language, direction }: Words): HTMLRewriterElementContentHandlers {
  return {
    element: (element) => {
      element.setAttribute("lang", language);
      element.setAttribute("dir", direction);
    },
  };
}
