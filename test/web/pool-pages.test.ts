import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { PoolTab } from "../../web/headless/pool-tab.ts";
import { PoolClient } from "../../web/pool-client.ts";
import { faultsAndWidth, loadAxe } from "./axe-faults.ts";

// The pages for making, joining, asking, operating and helping a pool, with a real pool and a real member.

const serverUrl = inject("serverUrl");
/** Folder for screenshots of each page. Unset: none are made. */
const picturesTo = process.env["TRIBUTARY_SCREENSHOTS"];
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Faults that axe finds in the page's current state, and overflow, in each size and colour scheme. */
async function faultsOf(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  await loadAxe(page);
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const found = await faultsAndWidth(page);
      faults.push(...found.map((each) => `${name}, ${size}, ${colorScheme}: ${each}`));
      if (picturesTo === undefined) continue;
      const path = join(picturesTo, `pool-${name}-${size}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
  return faults;
}

test("have no fault that axe finds, on desktop and phone, light and dark", async () => {
  const pool = await new PoolClient(serverUrl).create("Media club");
  const options = { name: "Room 12, left", slots: 1, key: null };
  const tab = await PoolTab.open(browser, pool.joinUrl, options, () => {});
  const page = await browser.newPage();
  const faults: string[] = [];
  try {
    await page.goto(`${serverUrl}/pool`);
    await page.getByRole("button", { name: /pool/i }).first().waitFor();
    faults.push(...(await faultsOf(page, "create")));
    faults.push(...(await faultsOf(tab.page, "join")));
    await tab.join();
    await tab.page.getByRole("heading", { name: "Ready to help" }).waitFor();
    faults.push(...(await faultsOf(tab.page, "member")));
    // First a blank page: a change of the text after `#` alone does not reload.
    await page.goto("about:blank");
    await page.goto(pool.askUrl);
    await page.getByText("Media club").first().waitFor();
    faults.push(...(await faultsOf(page, "ask")));
    await page.goto("about:blank");
    await page.goto(pool.operatorUrl);
    await page.getByText("Room 12, left").waitFor();
    faults.push(...(await faultsOf(page, "operate")));
  } finally {
    await page.close();
    await tab.close();
  }
  expect(faults).toEqual([]);
}, 120_000);

test("an installed page joins without its link or a click; a second tab ends it, and it can come back", async () => {
  const pool = await new PoolClient(serverUrl).create("Media club");
  const context = await browser.newContext({ serviceWorkers: "block" });
  const [first, second] = [await context.newPage(), await context.newPage()];
  const ready = (page: Page) => page.getByRole("heading", { name: "Ready to help" }).waitFor();
  try {
    await first.goto(pool.joinUrl);
    await first.getByRole("button", { name: "Join the pool" }).click();
    await ready(first);
    const href = await first.locator('link[rel="manifest"]').getAttribute("href");
    const manifest = await context.request.get(new URL(href ?? "", serverUrl).href);
    const { start_url: startUrl } = (await manifest.json()) as { start_url: string };
    await second.goto(`${serverUrl}${startUrl}`);
    await ready(second);
    await first.getByRole("heading", { name: "This device helps in another tab" }).waitFor();
    await first.getByRole("button", { name: "Try again" }).click();
    await ready(first);
  } finally {
    await context.close();
  }
}, 60_000);
