import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { axeFaults, loadAxe } from "./axe-faults.ts";
import { serveVideos } from "./stories/videos-fixture.ts";

// The page that lists videos, with simulated answers of the catalogue. For the catalogue itself see test/edge.

const serverUrl = inject("serverUrl");
const WITHIN = { timeout: 20_000 };
let browser: Browser;
let page: Page;
let changes: unknown[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  await page?.close();
  page = await browser.newPage();
  changes = await serveVideos(page);
  await page.goto(`${serverUrl}/videos`);
});

const own = () => page.getByRole("region", { name: "Your videos" });
const listed = () => page.getByRole("region", { name: "Listed on this site" });
const titles = (region: ReturnType<typeof own>) =>
  region.getByRole("heading", { level: 3 }).allTextContents();

test("this browser's own and the listed ones stand apart, and are found and ordered", async () => {
  await expect.poll(() => titles(own()), WITHIN).toEqual(["Harbour walk"]);
  await expect.poll(() => titles(listed()), WITHIN).toEqual(["Being made", "Broken", "Given up"]);
  await page.getByLabel("Order").selectOption("By title");
  expect(await titles(listed())).toEqual(["Being made", "Broken", "Given up"]);
  await page.getByLabel("Search").fill("evening");
  await expect.poll(() => page.getByText("None of them has that.").count(), WITHIN).toBe(1);
  expect(await titles(own())).toEqual(["Harbour walk"]);
  await page.getByLabel("Search").fill("xyz");
  await expect.poll(() => page.getByText("None of them has that.").count(), WITHIN).toBe(2);
});

test("its owner renames a video and makes it private, and nothing is at fault for axe", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await own().getByText("Change", { exact: true }).click();
  await own().getByLabel("Title", { exact: true }).fill("Along the quay");
  await own().getByRole("button", { name: "Save", exact: true }).press("Enter");
  await own().getByText("Saved.").waitFor();
  await own().getByLabel("Who can find it").selectOption("private");
  await own().getByRole("button", { name: "Make a link" }).waitFor();
  expect(changes).toMatchObject([{ title: "Along the quay" }, { visibility: "private" }]);
  await own().getByText("Manage them on another device").click();
  await own().getByRole("button", { name: "Show a link" }).click();
  const link = await own().getByLabel("Link for your other device").inputValue();
  expect(new URL(link).hash).toContain("0123456789abcdefghjk");
  await loadAxe(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const faults = await axeFaults(page);
    expect(faults, colorScheme).toEqual([]);
  }
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, String(width)).toBeLessThanOrEqual(0);
  }
});

test("a link of another browser brings its videos, where the person says so", async () => {
  const other = "zzzzzzzzzzzzzzzzzzzz";
  const kept = () => page.evaluate(() => localStorage.getItem("tributary.owned"));
  await page.goto("about:blank");
  await page.goto(`${serverUrl}/videos#owned=${other}.token`);
  await page.getByRole("heading", { name: "Manage one video in this browser?" }).waitFor();
  expect(page.url()).toBe(`${serverUrl}/videos`);
  expect(await kept()).not.toContain(other);
  await page.getByRole("button", { name: "Yes" }).click();
  await expect.poll(kept, WITHIN).toContain(`"${other}":"token"`);
});
