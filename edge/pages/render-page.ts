import type { Markup } from "./page-head.ts";
import { type PageWords, VARIES } from "./page-words.ts";

/** The parts of a built page that differ from request to request. */
export interface PageContent {
  title: string;
  description: string;
  /** Goes to the end of its head. */
  head: Markup | string;
  /** Stands in its body until its script has run, and for whoever runs none. */
  body: Markup | string;
  status: 200 | 401 | 404;
}

type Words = Pick<PageWords, "language" | "direction">;

/**
 * A page of the build with its own head. The build's headers stay: they hold its policy.
 * @param page as the asset store answered
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
        // It escapes quotes alone.
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
  // It tells of one video, and of its state now.
  headers.set("cache-control", "no-cache");
  headers.set("vary", VARIES);
  headers.delete("etag");
  headers.delete("content-length");
  return new Response(rewritten.body, { status, headers });
}

/** For a page's `html` element. */
export function inLanguage({ language, direction }: Words): HTMLRewriterElementContentHandlers {
  return {
    element: (element) => {
      element.setAttribute("lang", language);
      element.setAttribute("dir", direction);
    },
  };
}
