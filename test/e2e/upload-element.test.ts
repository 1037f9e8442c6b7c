import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, root, startServer } from "../../edge/local/server.ts";
import type { UploadEvents } from "../../web/element/messages.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";

// `<tributary-upload>` on a page of another site: makes a video, and the page gets its events.

type Heard = {
  name: keyof UploadEvents;
  detail: { code?: string; watchUrl?: string; share?: number };
};

const LARGEST_BYTES = 10_000;

let browser: Browser;
let host: Server;
let hostUrl = "";
let stateDir: string;
let server: RunningServer;

beforeAll(async () => {
  browser = await launchBrowser();
  const story = await readFile(join(root, "test/web/stories/element-host.html"), "utf8");
  host = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(story.replace("SITE", server.url).replace("TOKEN", "a token"));
  });
  await new Promise<void>((resolve) => host.listen(0, resolve));
  hostUrl = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  stateDir = await mkdtemp(join(tmpdir(), "tributary-element-"));
  process.env["FRAME_SITES"] = hostUrl;
  server = await startServer({ mode: "preview", stateDir, containerUrl: null });
  delete process.env["FRAME_SITES"];
});
afterAll(async () => {
  await browser?.close();
  host?.close();
  await server?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const heard = (page: Page): Promise<Heard[]> =>
  page.evaluate(() => (globalThis as unknown as { events: Heard[] }).events);

const names = async (page: Page) => [...new Set((await heard(page)).map(({ name }) => name))];

test("the script is small, and other sites may load it", async () => {
  const script = await fetch(`${server.url}/tributary-upload.js`);
  expect(script.headers.get("access-control-allow-origin")).toBe("*");
  expect(script.headers.get("content-type")).toContain("javascript");
  const text = await script.text();
  expect(gzipSync(text).length).toBeLessThan(LARGEST_BYTES);
  // The site's own trusted types policy must not reach another site's page.
  expect(text).not.toContain("trustedTypes");
});

test("a video that is made in the frame is told to the page, and plays", async () => {
  const page = await browser.newPage();
  await page.goto(`${hostUrl}/`);
  // The page declares `events` by `const`, so it is not a property of the window.
  await page.evaluate("globalThis.events = events");
  await expect.poll(() => names(page)).toEqual(["tributary-ready"]);
  const frame = page.frameLocator("tributary-upload iframe");

  const label = () => page.locator("tributary-upload iframe").getAttribute("title");
  expect(await label()).toBe("Upload your video");
  // Without a name by the host, in the language of the page in the frame.
  await page.locator("tributary-upload").evaluate((it) => it.removeAttribute("label"));
  expect(await label()).toBe("Share a video");
  const accent = () =>
    frame.locator("html").evaluate((html) => getComputedStyle(html).getPropertyValue("--accent"));
  await expect.poll(accent).toBe("#7a3412");
  const framed = await frame
    .locator("html")
    .evaluate(() => ({ isolated: crossOriginIsolated, codecs: "VideoEncoder" in globalThis }));
  expect(framed).toEqual({ isolated: false, codecs: true });

  // Moves the focus by keyboard from the page into the frame.
  await page.locator("#before").focus();
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => document.activeElement?.localName);
  await expect.poll(focused).toBe("tributary-upload");

  const choosing = page.waitForEvent("filechooser");
  await frame.getByText("Choose a video", { exact: true }).first().click();
  await (await choosing).setFiles(await fixture("plain-8s.mp4"));
  const height = () => page.locator("tributary-upload").evaluate((it) => it.clientHeight);
  const started = frame.getByRole("button", { name: "Start", exact: true });
  await started.waitFor();
  await expect.poll(height).toBeGreaterThan(600);
  await started.click();
  await expect.poll(() => names(page), { timeout: 120_000 }).toContain("done");
  const events = await heard(page);
  expect(events.filter(({ name }) => name === "error")).toEqual([]);
  expect(await names(page)).toEqual(["tributary-ready", "progress", "watchable", "done"]);
  const watch = events.find(({ name }) => name === "watchable")?.detail.watchUrl ?? "";
  expect(watch).toMatch(new RegExp(`^${server.url}/watch/[0-9a-z]{20}$`));
  expect(events.filter(({ name }) => name === "done")).toHaveLength(1);

  const watching = await browser.newPage();
  await watching.goto(watch.replace("/watch/", "/embed/"));
  await watching.locator("video").evaluate(async (video: HTMLVideoElement) => {
    video.muted = true;
    await video.play();
  });
  await watching.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0.5);
  // After a reload the frame begins with the file input again, and not with a page that may not be framed.
  await page.reload();
  await frame.locator('input[type="file"]').first().waitFor({ state: "attached" });
  await page.close();
  await watching.close();
});

test("a site that nobody has named is refused in words, and hears the code", async () => {
  const page = await browser.newPage();
  // The same page from another origin.
  await page.goto(hostUrl.replace("127.0.0.1", "localhost"));
  await page.evaluate("globalThis.events = events");
  await page
    .frameLocator("tributary-upload iframe")
    .getByRole("heading", { name: "This site may not show the upload page" })
    .waitFor();
  await expect.poll(async () => (await heard(page))[0]?.detail.code).toBe("FRAME_REFUSED");
  // A page that states another site's origin is stopped by the browser.
  const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  await page.evaluate(
    ({ server, site }) => {
      const liar = document.createElement("iframe");
      liar.src = `${server}/frame/upload?site=${encodeURIComponent(site)}`;
      document.body.append(liar);
    },
    { server: server.url, site: hostUrl },
  );
  await refused;
  await page.close();
});
