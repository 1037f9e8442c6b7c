import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";

// A site's key comes in a link. Anybody can make such a link, so the page asks before it replaces a key.

const serverUrl = inject("serverUrl");
const QUESTION = "This link brings another key for this site.";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
});
afterAll(() => browser?.close());

async function open(key: string | null): Promise<void> {
  // First a blank page: a change of the fragment alone does not reload.
  await page.goto("about:blank");
  await page.goto(serverUrl + (key === null ? "" : `/#create-token=${key}`));
  await page.waitForFunction(() => "tributary" in globalThis);
  expect(new URL(page.url()).hash).toBe("");
}

/** The key that the browser has saved, and the header that a start would send. */
async function keys(): Promise<(string | null | undefined)[]> {
  await page
    .locator('input[type="file"]')
    .first()
    .setInputFiles(await fixture("silent-8s.mp4"));
  const sent = page.waitForRequest(
    (each) => each.method() === "POST" && each.url().endsWith("/api/jobs"),
  );
  await page.route("**/api/jobs", (route) => route.abort());
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const authorization = (await sent).headers()["authorization"];
  const saved = await page.evaluate(() => localStorage.getItem("tributary.create-token"));
  return [saved, authorization];
}

const isAsking = () => page.getByText(QUESTION).isVisible();

test("the first key is kept without a word, and comes again without one", async () => {
  await open("first");
  expect(await isAsking()).toBe(false);
  await open("first");
  expect(await isAsking()).toBe(false);
  expect(await keys()).toEqual(["first", "Bearer first"]);
});

test("another one replaces it only where the person says so", async () => {
  await open("second");
  expect(await isAsking()).toBe(true);
  // Until the question is answered, the earlier key stays in use.
  expect(await keys()).toEqual(["first", "Bearer first"]);
  await open("second");
  await page.getByRole("button", { name: "Keep my key" }).click();
  expect(await isAsking()).toBe(false);
  expect(await keys()).toEqual(["first", "Bearer first"]);
  await open("second");
  await page.getByRole("button", { name: "Replace it" }).click();
  expect(await isAsking()).toBe(false);
  expect(await keys()).toEqual(["second", "Bearer second"]);
  await open(null);
  expect(await isAsking()).toBe(false);
});
