import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { axeFaults, loadAxe } from "./axe-faults.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { INSPECTION, STATES } from "./stories/states.ts";

// The embedded player in a page of another site, which controls it with the player.js package.

const serverUrl = inject("serverUrl");
const ID = "0123456789abcdefghjk";
const WITHIN = { timeout: 30_000 };

let browser: Browser;
/** Another site, also on this machine, because browsers block local pages inside sites of the internet. */
let blog: Server;
let blogUrl: string;
beforeAll(async () => {
  browser = await launchBrowser();
  const script = await readFile(fileURLToPath(import.meta.resolve("player.js")));
  blog = createServer((request, response) => {
    const isScript = request.url === "/player.js";
    const type = isScript ? "text/javascript" : "text/html";
    response.writeHead(200, { "content-type": type });
    response.end(isScript ? script : framing(new URL(request.url ?? "", serverUrl).search));
  });
  await new Promise<void>((resolve) => blog.listen(0, "127.0.0.1", resolve));
  blogUrl = `http://127.0.0.1:${(blog.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  blog.close();
});

/** HTML of a page that embeds the player. @param query of the embed page's address */
function framing(query: string): string {
  return `<!doctype html><html lang="en"><title>A blog</title><script src="/player.js"></script>
    <body><iframe id="player" src="${serverUrl}/embed/${ID}${query}" width="640" height="360"
    title="Player" allow="autoplay"></iframe>`;
}

const STATUS: JobStatus = {
  ...STATES.ready.done.job,
  id: ID,
  title: "Harbour walk",
  source: INSPECTION.source,
  renditions: [...INSPECTION.video, ...INSPECTION.audio],
  segments: [],
};

/** The client that player.js offers to the embedding page. */
interface Client {
  on(event: string, heard: (value: unknown) => void): void;
  [method: string]: (...given: never[]) => void;
}
interface Framing {
  client: Client;
  heard: { event: string; value: unknown }[];
}

async function framed(query: string): Promise<Page> {
  const page = await browser.newPage();
  await serveHls(page, `${serverUrl}/v/${ID}/`);
  await page.route(`**/api/jobs/${ID}`, (route) => route.fulfill({ json: STATUS }));
  await page.goto(blogUrl + query, { waitUntil: "commit" });
  await page.waitForSelector("iframe");
  await page.evaluate(async () => {
    const { playerjs } = globalThis as unknown as {
      playerjs: { Player: new (frame: string) => Client };
    };
    const framing = globalThis as unknown as Framing;
    framing.client = new playerjs.Player("player");
    framing.heard = [];
    await new Promise<void>((resolve) => framing.client.on("ready", () => resolve()));
    for (const event of ["play", "pause", "timeupdate", "seeked"]) {
      framing.client.on(event, (value) => framing.heard.push({ event, value }));
    }
  });
  return page;
}

function asked(page: Page, method: string): Promise<unknown> {
  return page.evaluate(
    (name) =>
      new Promise((resolve) => {
        const { client } = globalThis as unknown as Framing;
        client[name]?.(resolve as never);
      }),
    method,
  );
}

function told(page: Page, method: string, value?: unknown): Promise<void> {
  return page.evaluate(
    ([name, given]) => {
      const { client } = globalThis as unknown as Framing;
      client[name as string]?.(given as never);
    },
    [method, value] as const,
  );
}

const events = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Framing).heard.map(({ event }) => event));

test("a page that frames the player steers it, and hears of it", async () => {
  const page = await framed("");
  await expect.poll(() => asked(page, "getDuration"), WITHIN).toBeGreaterThan(3);
  expect(await asked(page, "getPaused")).toBe(true);
  await told(page, "setVolume", 30);
  await expect.poll(() => asked(page, "getVolume"), WITHIN).toBe(30);
  await told(page, "mute");
  await expect.poll(() => asked(page, "getMuted"), WITHIN).toBe(true);
  await told(page, "play");
  await expect.poll(() => asked(page, "getPaused"), WITHIN).toBe(false);
  await expect.poll(() => events(page), WITHIN).toContain("timeupdate");
  expect(await events(page)).toContain("play");
  await told(page, "pause");
  await expect.poll(() => events(page), WITHIN).toContain("pause");
  await told(page, "setCurrentTime", 3);
  await expect.poll(() => asked(page, "getCurrentTime"), WITHIN).toBe(3);
  await expect.poll(() => events(page), WITHIN).toContain("seeked");
  await page.close();
});

test("?t= begins later", async () => {
  const page = await framed("?t=0m2s");
  await expect.poll(() => asked(page, "getCurrentTime"), WITHIN).toBe(2);
  await page.close();
});

test("the player in its frame has no fault that axe finds", async () => {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  await serveHls(page, `${serverUrl}/v/${ID}/`);
  await page.route(`**/api/jobs/${ID}`, (route) => route.fulfill({ json: STATUS }));
  await page.goto(`${serverUrl}/embed/${ID}`);
  await page.getByRole("slider", { name: "Position in the video" }).waitFor();
  await loadAxe(page);
  expect(await axeFaults(page)).toEqual([]);
  await page.close();
});

test("pages for people who took a wrong turn have no fault that axe finds", async () => {
  const page = await browser.newPage();
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const path of ["/nowhere", `/watch/${ID}`, `/embed/${ID}`]) {
    const response = await page.goto(serverUrl + path);
    expect(response?.status(), path).toBe(404);
    await page.getByText(/nothing at this address|not known here/).waitFor();
    await loadAxe(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const faults = await axeFaults(page);
      expect(faults, `${path}, ${colorScheme}`).toEqual([]);
    }
  }
  await page.close();
});
