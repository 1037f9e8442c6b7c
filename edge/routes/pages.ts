import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { AppEnv } from "../http/app-env.ts";
import { type VideoAccess, videoAccess } from "../http/video-access.ts";
import { findPublished } from "../pages/find-published.ts";
import { type Markup, shortDescription, watchHead } from "../pages/page-head.ts";
import type { Published } from "../pages/published.ts";
import { type PageContent, renderPage } from "../pages/render-page.ts";

/** Pages whose address carries an id: one HTML file each, with a head of the video's own. */
export const pageRoutes = new Hono<AppEnv>();

pageRoutes.get("/watch/:id", (c) =>
  videoPage(c, c.req.query("embed") === undefined ? "/watch" : "/embed"),
);
/** The player alone, which other sites may frame: its policy is the build's (web/build/page-headers.ts). */
pageRoutes.get("/embed/:id", (c) => videoPage(c, "/embed"));
pageRoutes.get("/join/:id", (c) => c.env.ASSETS.fetch(new URL("/contribute", c.req.url)));
pageRoutes.get("/pool/:id", poolPage);
pageRoutes.get("/pool/:id/ask", poolPage);
pageRoutes.get("/pool/:id/operate", poolPage);

/** Says nothing of the pool: what stands behind the link's # decides what its script may ask. */
function poolPage(c: Context<AppEnv>): Promise<Response> {
  return c.env.ASSETS.fetch(new URL("/pool", c.req.url));
}

async function videoPage(c: Context<AppEnv>, file: "/watch" | "/embed"): Promise<Response> {
  const page = await c.env.ASSETS.fetch(new URL(file, c.req.url));
  const content = await contentOf(c).catch((thrown: unknown) => {
    // The page's script says so, and asks again by itself.
    console.error(`${c.req.path}: the catalogue does not answer`, thrown);
    return null;
  });
  return content === null ? page : renderPage(page, content);
}

async function contentOf(c: Context<AppEnv>): Promise<PageContent> {
  const id = c.req.param("id") ?? "";
  const access = await videoAccess(c, id);
  const found = await findPublished(c, id, access);
  if (found !== null) return access.visibility === "private" ? ofPrivate(found) : ofVideo(found);
  if (!access.isVisible) return notShown(access);
  // Its row is yet to be written: a server still reads its source.
  return access.isVisible && access.isKnown ? BEING_STARTED : NO_VIDEO;
}

function ofVideo(found: Published): PageContent {
  const { video } = found;
  return {
    title: `${video.title} · Tributary`,
    description: shortDescription(found),
    head: watchHead(found),
    body: html`<main class="frame">
      <h1>${video.title}</h1>
      <p class="watch-description">${video.description}</p>
    </main>`,
    status: 200,
  };
}

/** Opened by a signed link: what would lead others to it is left out. */
function ofPrivate(found: Published): PageContent {
  const { title } = found.video;
  const head = html`${NOINDEX}<meta property="og:title" content="${title}" />`;
  return { ...ofVideo(found), head };
}

/** Page for a video that the browser may not see, or not yet. */
function notShown(access: VideoAccess): PageContent {
  if (access.link === "over") {
    const [title, what] = [
      "This link has ended",
      "Ask the person who sent it to you for a new one.",
    ];
    return inWords(title, html`<p>${what}</p>`, 401);
  }
  if (access.visibility === "private" && access.hasPassphrase) {
    return inWords(
      "This video asks for a passphrase",
      html`<p>Entering it needs JavaScript.</p>`,
      401,
    );
  }
  return NO_VIDEO;
}

function inWords(title: string, what: Markup, status: 401 | 404): PageContent {
  const body = html`<main class="frame"><h1>${title}</h1>${what}</main>`;
  return { title: `${title} · Tributary`, description: title, head: NOINDEX, body, status };
}

const NOINDEX = html`<meta name="robots" content="noindex" />`;

const BEING_STARTED: PageContent = {
  title: "Video · Tributary",
  description: "A video that is being made.",
  head: NOINDEX,
  body: "",
  status: 200,
};

/** Also of a private video: its owner's browser has the token, and its script asks with that. */
const NO_VIDEO: PageContent = {
  title: "No such video · Tributary",
  description: "There is no video at this address.",
  head: NOINDEX,
  body: html`<main class="frame">
    <h1>There is no video at this address</h1>
    <p>It may have been deleted, or the address is not complete. <a href="/">Go to the start page</a></p>
  </main>`,
  status: 404,
};
