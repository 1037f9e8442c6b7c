import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { AppEnv } from "../http/app-env.ts";
import { framingSite } from "../http/frame-sites.ts";
import { type VideoAccess, videoAccess } from "../http/video-access.ts";
import { findPublished } from "../pages/find-published.ts";
import { shortDescription, watchHead } from "../pages/page-head.ts";
import { pageWords, type Say, VARIES } from "../pages/page-words.ts";
import type { Published } from "../pages/published.ts";
import { type PageContent, renderPage } from "../pages/render-page.ts";

/** Pages with an id in their address. Each is one HTML file; those of videos get a head for the video. */
export const pageRoutes = new Hono<AppEnv>();

pageRoutes.get("/watch/:id", (c) =>
  videoPage(c, c.req.query("embed") === undefined ? "/watch" : "/embed"),
);
/** The player alone, which other sites may frame. The build sets its policy (web/build/page-headers.ts). */
pageRoutes.get("/embed/:id", (c) => videoPage(c, "/embed"));
/** The upload page in a frame of another site, for sites that the operator has named. */
pageRoutes.get("/frame/upload", async (c) => {
  const site = framingSite(c.env.FRAME_SITES, c.req.query("site"));
  const file = site === null ? "/frame-refused" : "/frame-upload";
  const page = await c.env.ASSETS.fetch(new URL(file, c.req.url));
  const headers = new Headers(page.headers);
  const ancestors = `frame-ancestors ${site ?? "*"}`;
  const policy = headers.get("content-security-policy");
  // The development server sends no policy.
  const framed = policy?.replace(/frame-ancestors [^;]*/, ancestors) ?? ancestors;
  headers.set("content-security-policy", framed);
  headers.set("cache-control", "no-cache");
  headers.delete("etag");
  return new Response(page.body, { status: page.status, headers });
});
pageRoutes.get("/join/:id", (c) => c.env.ASSETS.fetch(new URL("/contribute", c.req.url)));
pageRoutes.get("/pool/:id", poolPage);
pageRoutes.get("/pool/:id/ask", poolPage);
pageRoutes.get("/pool/:id/operate", poolPage);
pageRoutes.get("/pool/:id/app.webmanifest", (c) => {
  const { language, direction, say } = pageWords(c);
  const page = `/pool/${c.req.param("id")}`;
  const manifest = {
    ...{ id: page, scope: page, start_url: `${page}?kiosk`, display: "standalone" },
    ...{ name: say("poolApp.name"), short_name: say("poolApp.shortName") },
    ...{ description: say("poolApp.what"), lang: language, dir: direction },
    ...{ background_color: "#f6f7f7", theme_color: "#f6f7f7", icons: APP_ICONS },
  };
  const type = "application/manifest+json";
  return c.body(JSON.stringify(manifest), 200, { "content-type": type, vary: VARIES });
});

/** As in web/public/app.webmanifest. */
const APP_ICONS = [
  { src: "/favicon.svg", sizes: "any", type: "image/svg+xml" },
  { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
  { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
  { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
];

/** The page itself has no data of the pool. Its script gets them with the token behind the link's #. */
function poolPage(c: Context<AppEnv>): Promise<Response> {
  return c.env.ASSETS.fetch(new URL("/pool", c.req.url));
}

async function videoPage(c: Context<AppEnv>, file: "/watch" | "/embed"): Promise<Response> {
  const page = await c.env.ASSETS.fetch(new URL(file, c.req.url));
  const content = await contentOf(c).catch((thrown: unknown) => {
    // The page's script reports this, and tries again.
    console.error(`${c.req.path}: the catalogue does not answer`, thrown);
    return null;
  });
  return content === null ? page : renderPage(page, content, pageWords(c));
}

async function contentOf(c: Context<AppEnv>): Promise<PageContent> {
  const { say } = pageWords(c);
  const id = c.req.param("id") ?? "";
  const access = await videoAccess(c, id);
  const found = await findPublished(c, id, access);
  if (found !== null)
    return access.visibility === "private" ? ofPrivate(found, say) : ofVideo(found, say);
  if (!access.isVisible) return notShown(access, say);
  // The video's row does not exist yet, because a server is still reading the source.
  return access.isVisible && access.isKnown ? beingStarted(say) : noVideo(say);
}

function ofVideo(found: Published, say: Say): PageContent {
  const { video } = found;
  return {
    title: `${video.title} · Tributary`,
    description: shortDescription(found, say),
    head: watchHead(found, say),
    body: html`<main class="frame">
      <h1>${video.title}</h1>
      <p class="watch-description">${video.description}</p>
    </main>`,
    status: 200,
  };
}

/** Page of a private video that was opened by a signed link. It has no tags for search engines and embedders. */
function ofPrivate(found: Published, say: Say): PageContent {
  const { title } = found.video;
  const head = html`${NOINDEX}<meta property="og:title" content="${title}" />`;
  return { ...ofVideo(found, say), head };
}

/** Page for a video that the request may not see, or not yet. */
function notShown(access: VideoAccess, say: Say): PageContent {
  if (access.link === "over") {
    return inWords(say("linkOver.title"), say("linkOver.what"), 401);
  }
  if (access.visibility === "private" && access.hasPassphrase) {
    return inWords(say("passphrase.title"), say("passphrase.what"), 401);
  }
  return noVideo(say);
}

function inWords(title: string, what: string, status: 401): PageContent {
  const body = html`<main class="frame"><h1>${title}</h1><p>${what}</p></main>`;
  return { title: `${title} · Tributary`, description: title, head: NOINDEX, body, status };
}

const NOINDEX = html`<meta name="robots" content="noindex" />`;

function beingStarted(say: Say): PageContent {
  return {
    title: `${say("started.title")} · Tributary`,
    description: say("started.what"),
    head: NOINDEX,
    body: "",
    status: 200,
  };
}

/**
 * Page for a missing video, also sent for a private one. In the owner's browser, the page's script then asks with the
 * owner's token.
 */
function noVideo(say: Say): PageContent {
  return {
    title: `${say("noVideo.title")} · Tributary`,
    description: say("noVideo.what"),
    head: NOINDEX,
    body: html`<main class="frame">
    <h1>${say("noVideo.heading")}</h1>
    <p>${say("noVideo.advice")} <a href="/">${say("noVideo.start")}</a></p>
  </main>`,
    status: 404,
  };
}
