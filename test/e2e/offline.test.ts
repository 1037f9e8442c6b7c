import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { browserPath } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { openPlainProxy, type PlainProxy } from "./plain-proxy.ts";

// The installed page of the production build, in Chromium: without a network, during a deploy, and with files
// that the system hands to it.

const sample = join(root, "web/public/sample.mp4");

let proxy: PlainProxy;
let profile: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  proxy = await openPlainProxy(inject("serverUrl"), "stripped");
  profile = await mkdtemp(join(tmpdir(), "tributary-installed-"));
  // Needs a profile of its own: Playwright's contexts are private windows, in which nothing can be installed.
  context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath() ?? "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    locale: "en-US",
  });
  page = context.pages()[0] ?? (await context.newPage());
  await page.goto(proxy.url);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
});
afterAll(async () => {
  await context?.close();
  await proxy?.[Symbol.asyncDispose]();
  await rm(profile, { recursive: true, force: true });
});

test("the page can be installed", async () => {
  const devtools = await context.newCDPSession(page);
  const manifest = await devtools.send("Page.getAppManifest");
  expect(manifest.errors).toEqual([]);
  expect(JSON.parse(manifest.data ?? "").share_target.action).toBe("/share-a-file");
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  expect(installabilityErrors).toEqual([]);
});

test("it opens without a network, says what needs it, and keeps its headers", async () => {
  await page.reload();
  proxy.isAway = true;
  await page.reload();
  await page.getByRole("heading", { name: "Share a video from this browser" }).waitFor();
  const headers = await page.evaluate(async () => {
    const kept = await caches.match("/");
    return [
      kept?.headers.get("cross-origin-opener-policy"),
      kept?.headers.has("content-security-policy"),
    ];
  });
  expect(headers).toEqual(["same-origin", true]);
  await page.evaluate(() => dispatchEvent(new Event("offline")));
  await page.getByText("You are offline.").waitFor();
  // Without a network the service worker answers only for the start page and its files.
  expect(await page.evaluate(() => fetch("/api/site").catch(() => "away"))).toBe("away");
  proxy.isAway = false;
});

test("a newer version waits until the person asks for it", async () => {
  await page.goto(proxy.url);
  proxy.appended.set("/service-worker.js", "\n// a newer build\n");
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.update();
  });
  const note = page.getByText("There is a newer version of this page.");
  await note.waitFor();
  const loadedAt = () => page.evaluate(() => performance.timeOrigin);
  const before = await loadedAt();
  await page.getByRole("button", { name: "Reload the page" }).click();
  await expect.poll(loadedAt).toBeGreaterThan(before);
  await page.getByRole("heading", { name: "Share a video from this browser" }).waitFor();
  expect(await note.count()).toBe(0);
});

test("a file that a phone shares into the page is picked", async () => {
  const form = `<!doctype html><form method="post" enctype="multipart/form-data" action="/share-a-file">
    <input type="file" name="videos"><button>Share</button></form>`;
  await page.route(`${proxy.url}/blank`, (route) =>
    route.fulfill({ contentType: "text/html", body: form }),
  );
  await page.goto(`${proxy.url}/blank`);
  await page.setInputFiles("input", sample);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("heading", { name: "Ready to share" }).waitFor();
  const { fileName } = await page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );
  expect(fileName).toBe("sample.mp4");
  expect(new URL(page.url()).search).toBe("");
});

test("a file that the system opens with the page is picked", async () => {
  const opened = await context.newPage();
  // Nothing here can open a file as a desktop does; what it would hand over is a real handle.
  await opened.addInitScript(() => {
    const launchQueue = {
      setConsumer: (launch: unknown) => void Object.assign(globalThis, { launch }),
    };
    Object.defineProperty(globalThis, "launchQueue", { value: launchQueue });
  });
  await opened.goto(proxy.url);
  await opened.waitForFunction(() => "launch" in globalThis);
  await opened.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("from-the-desktop.mp4", { create: true });
    const writable = await handle.createWritable();
    await (await fetch("/sample.mp4")).body?.pipeTo(writable);
    const { launch } = globalThis as unknown as { launch(given: { files: unknown[] }): void };
    launch({ files: [handle] });
  });
  await opened.getByRole("heading", { name: "Ready to share" }).waitFor();
  expect(await opened.locator(".file-name").innerText()).toContain("from-the-desktop.mp4");
  await opened.close();
});
