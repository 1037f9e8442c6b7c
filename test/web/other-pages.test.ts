import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { faultsAndWidth, loadAxe } from "./axe-faults.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./stories/contribute-states.ts";
import { openStage } from "./stories/open-stage.ts";
import { serveVideos } from "./stories/videos-fixture.ts";

// Accessibility (axe) and overflow of all pages except the upload page, in each language and in a narrow window.

const serverUrl = inject("serverUrl");
const LANGUAGES = ["en", "de", "ar"] as const;
/** In CSS pixels: a window of 1280 pixels at 400 % (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function faultsOf(page: Page, name: string): Promise<string[]> {
  const found = await faultsAndWidth(page);
  return found.map((each) => `${name}: ${each}`);
}

async function prepare(page: Page): Promise<void> {
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await loadAxe(page);
}

test("a helper's page in every state", async () => {
  const stage = await openStage(browser, serverUrl, "contribute");
  await prepare(stage.page);
  const faults: string[] = [];
  for (const language of LANGUAGES) {
    await stage.run((it, given) => it.speak(given), language);
    for (const name of Object.keys(CONTRIBUTE_STATES) as ContributeStateName[]) {
      await stage.run((it, given) => it.showContribute(given), name);
      faults.push(...(await faultsOf(stage.page, `${name}, ${language}`)));
    }
  }
  expect(faults).toEqual([]);
});

test("the watch page in every state", async () => {
  const stage = await openStage(browser, serverUrl, "watch");
  await prepare(stage.page);
  const faults: string[] = [];
  for (const language of LANGUAGES) {
    await stage.run((it, given) => it.speak(given), language);
    for (const watched of ["making", "ready", "missing", "cancelled", "locked"] as const) {
      await stage.run((it, given) => it.showWatch(given, "/v/none/master.m3u8"), watched);
      faults.push(...(await faultsOf(stage.page, `${watched}, ${language}`)));
    }
  }
  expect(faults).toEqual([]);
});

test.each(LANGUAGES)("the list of videos, pools and the operator's page in %s", async (locale) => {
  const context = await browser.newContext({ locale, viewport: NARROW, reducedMotion: "reduce" });
  const page = await context.newPage();
  await serveVideos(page);
  const faults: string[] = [];
  for (const path of ["/videos", "/pool", "/admin"]) {
    await page.goto(serverUrl + path);
    await page.locator("main h1, main h2").first().waitFor();
    if (path === "/videos") {
      await page.locator("article, li").locator("summary").first().waitFor();
      for (const summary of await page.locator("summary").all()) await summary.click();
    }
    await loadAxe(page);
    faults.push(...(await faultsOf(page, `${path}, ${locale}`)));
  }
  expect(faults).toEqual([]);
  await context.close();
});
