/**
 * The site's service worker. It stores the start page's shell and every script and core that was used, so that the
 * page opens without a network. It also takes the files that a phone shares into the page. All other requests go to
 * the network: API, videos, uploads and other pages.
 */

/** Addresses of the shell, filled in during the build (web/build/service-worker.ts); they change with each build. */
declare const SHELL: readonly string[];
/** Hash that names this build. */
declare const BUILD: string;

declare const self: ServiceWorkerGlobalScope;

const CACHE = `tributary-${BUILD}`;
const SHARE_PATH = "/share-a-file";
/** Longest time for which shared files are held, until the page that the share opens asks for them. */
const SHARED_KEPT_MS = 60_000;

/** Shared files that no page has asked for yet. */
let shared: { files: File[]; taken(): void } | null = null;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches());
});

self.addEventListener("message", (event) => {
  // The person asked for the newer version. Tabs of the older one still find their scripts in its cache.
  if (event.data === "activate") void self.skipWaiting();
  if (event.data === "take-shared") {
    event.ports[0]?.postMessage(shared?.files ?? []);
    shared?.taken();
    shared = null;
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showPage());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === SHARE_PATH) {
    event.respondWith(takeShared(event));
  } else if (request.method !== "GET" || request.headers.has("range")) {
    return;
  } else if (request.mode === "navigate") {
    if (url.pathname === "/") event.respondWith(startPage(request));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(asset(event));
  } else if (SHELL.includes(url.pathname)) {
    event.respondWith(networkFirst(request, url.pathname));
  }
});

/** The start page: the newest from the network, else the stored one. */
function startPage(request: Request): Promise<Response> {
  return networkFirst(request, "/");
}

async function networkFirst(request: Request, kept: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (thrown) {
    const cache = await caches.open(CACHE);
    const answer = await cache.match(kept);
    if (answer === undefined) throw thrown;
    return answer;
  }
}

/**
 * A file whose name changes with its content, so a stored one is never out of date. Caches of older builds are
 * searched, too, for tabs that still run these builds.
 */
async function asset(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const known = await caches.match(request.url);
  if (known !== undefined) return known;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") {
    const copy = answer.clone();
    event.waitUntil(
      caches
        .open(CACHE)
        .then((cache) => cache.put(request.url, copy))
        // The answer is used even where the cache has no room for it.
        .catch(() => {}),
    );
  }
  return answer;
}

/** Drops all caches but this build's and the one before, which tabs that are still open may need. */
async function dropOldCaches(): Promise<void> {
  const ours = (await caches.keys()).filter((name) => name.startsWith("tributary-"));
  const older = ours.filter((name) => name !== CACHE);
  await Promise.all(older.slice(0, -1).map((name) => caches.delete(name)));
}

/** Holds shared files in memory until the page has taken them. */
async function takeShared(event: FetchEvent): Promise<Response> {
  const form = await event.request.formData();
  const files = form.getAll("videos").filter((value): value is File => value instanceof File);
  const { promise, resolve } = Promise.withResolvers<void>();
  shared = { files, taken: resolve };
  event.waitUntil(Promise.race([promise, pause(SHARED_KEPT_MS)]));
  return Response.redirect("/?shared", 303);
}

/** Brings an open page to the front (the one focused last), or opens the list of videos. */
async function showPage(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => !/\/(?:embed|watch)\//.test(new URL(url).pathname));
  if (page === undefined) await self.clients.openWindow("/videos");
  else await page.focus();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
